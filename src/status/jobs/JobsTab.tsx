/** All that is known of the jobs: trouble first, then over time, at a glance, and one by one. */
import type { ITranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Cluster, Job, JobState, Problem } from '../../api/schema';
import { runCommand } from '../../common/runCommand';
import { parseMemory } from '../../common/units';
import { useNow } from '../../common/useNow';
import {
  CommandIDs,
  DOMAIN,
  type IClusterModel,
  type IJobsWatch
} from '../../tokens';
import { ALL, type IQuery } from './arrange';
import { entriesOf } from './entries';
import { JobMap } from './JobMap';
import { JobTable } from './JobTable';
import { NeedsAttention } from './NeedsAttention';
import { inPlace } from './squares';
import { Timeline } from './Timeline';
import { useJobs } from './useJobs';
import { useSize } from '../../common/useSize';

/** Width in px at which 100 squares fit in a row. */
const WIDE_PX = 900;

export interface IJobsTabProps {
  model: IClusterModel;
  cluster: Cluster;
  commands: CommandRegistry;
  translator: ITranslator;
  jobs: IJobsWatch;
  /** Draw what is new only then. */
  inSight: boolean;
}

export function JobsTab(props: IJobsTabProps) {
  const { model, cluster, commands, translator, inSight } = props;
  const trans = useMemo(() => translator.load(DOMAIN), [translator]);
  const now = useNow(() => model.now(), 1);
  const { jobs, samples } = useJobs(props.jobs, inSight);
  const entries = useMemo(
    () => new Map(entriesOf(jobs.values()).map(entry => [entry.key, entry])),
    [jobs]
  );
  const workers = useMemo(() => inPlace(entries.values()), [entries]);
  const [query, setQuery] = useState<IQuery>(ALL);
  const page = useRef<HTMLDivElement>(null);
  const table = useRef<HTMLElement>(null);
  const { width } = useSize(page);

  const { id } = cluster;
  const openLog = useCallback(
    (shown?: { log: string; worker?: string }) =>
      void runCommand(commands, CommandIDs.openLogs, {
        id,
        ...(shown && { file: shown.log }),
        ...(shown?.worker && { search: shown.worker })
      }),
    [commands, id]
  );
  const setState = useCallback(
    (state: JobState | null) => setQuery(query => ({ ...query, state })),
    []
  );
  const showJobs = ({ kind, reason, node }: Problem) => {
    const state = (
      { failed: 'failed', stuck: 'connecting', waiting: 'pending' } as const
    )[kind];
    setQuery({
      ...query,
      state,
      text: node || (kind === 'waiting' ? reason : '')
    });
    table.current?.scrollIntoView();
  };
  const { memory, processes } = cluster.request.workers;
  const scheduler = cluster.request.scheduler.memory;
  const asked = useMemo(() => {
    const job = parseMemory(memory);
    return {
      job,
      worker: job && job / processes,
      scheduler: parseMemory(scheduler)
    };
  }, [memory, processes, scheduler]);

  return (
    <div
      ref={page}
      className={'jp-DaskHpc-Jobs' + (cluster.stale ? ' jp-mod-stale' : '')}
    >
      <div className="jp-DaskHpc-JobsUpper">
        <NeedsAttention
          cluster={cluster}
          now={now}
          trans={trans}
          onCommand={(command, args) =>
            void runCommand(commands, command, { id, ...args })
          }
          onOpenLogs={problem => openLog(logOf(problem, jobs))}
          onShowJobs={showJobs}
        />
        <Timeline
          samples={samples}
          until={Date.parse(cluster.closed ?? cluster.as_of ?? '') / 1000 || 0}
          trans={trans}
        />
      </div>
      {workers.length > 0 && (
        <JobMap
          workers={workers}
          perRow={width < WIDE_PX ? 50 : 100}
          chosen={query.state}
          asked={asked.worker}
          now={now}
          trans={trans}
          onChoose={setState}
          onOpenLog={openLog}
        />
      )}
      <JobTable
        ref={table}
        entries={entries}
        query={query}
        asked={asked}
        now={now}
        trans={trans}
        onQuery={setQuery}
        onOpenLog={openLog}
      />
    </div>
  );
}

/** Where the log of a problem is: that of its node, where a job has one for each of its nodes. */
function logOf(
  problem: Problem,
  jobs: ReadonlyMap<string, Job>
): { log: string } | undefined {
  const job = jobs.get(problem.jobs[0]);
  const there = job?.workers?.find(
    ({ node, log }) => log && node && node === problem.node
  );
  return there?.log ? { log: there.log } : job;
}
