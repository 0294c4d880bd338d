/** The log files of a cluster, with the states of their jobs as they change. */
import { Throttler } from '@lumino/polling';
import { useEffect, useMemo, useState } from 'react';

import type { Job, Log } from '../../api/schema';
import { useSignal } from '../../common/useSignal';
import type { IClusterModel, IJobsWatch } from '../../tokens';
import { messageOf } from './openLog';

/** Milliseconds between two requests for the list. */
const REFRESH_MS = 5000;

export interface ILogFiles {
  logs: readonly Log[];
  folder: string;
  error: string;
  /** False until the first answer. */
  known: boolean;
}

export function useLogFiles(
  model: IClusterModel,
  id: string,
  jobs: IJobsWatch
): ILogFiles {
  const [files, setFiles] = useState<ILogFiles>({
    logs: [],
    folder: '',
    error: '',
    known: false
  });
  useEffect(() => {
    let current = true;
    const look = async () => {
      try {
        const { logs, folder } = await model.logs(id);
        if (current) {
          setFiles({ logs, folder, error: '', known: true });
        }
      } catch (error) {
        if (current) {
          setFiles(old => ({ ...old, error: messageOf(error), known: true }));
        }
      }
    };
    // A new file comes with a job that starts: no other look is needed.
    const throttler = new Throttler(look, {
      limit: REFRESH_MS,
      edge: 'trailing'
    });
    const onChange = () => {
      throttler.invoke().catch(() => undefined);
    };
    void look();
    jobs.changed.connect(onChange);
    return () => {
      current = false;
      jobs.changed.disconnect(onChange);
      throttler.dispose();
    };
  }, [model, id, jobs]);
  const states = useSignal(jobs.changed, () => jobs.jobs);
  const version = useSignal(jobs.changed, () => statesOf(jobs.jobs));
  return useMemo(
    () => ({
      ...files,
      logs: files.logs.map(log => {
        const job = states.get(log.job);
        return job ? { ...log, state: job.state, node: job.node } : log;
      })
    }),
    // `jobs` may be one map that changes: its states tell whether it did.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [files, version]
  );
}

function statesOf(jobs: ReadonlyMap<string, Job>): string {
  let text = '';
  for (const job of jobs.values()) {
    text += `${job.id} ${job.state} ${job.node}\n`;
  }
  return text;
}
