/** The logs of a cluster: its files, the one that is open, and the errors of all. */
import type { ITranslator } from '@jupyterlab/translation';
import { useState, type JSX } from 'react';

import type { Cluster } from '../../api/schema';
import { useSignal } from '../../common/useSignal';
import { DOMAIN, type IClusterModel, type IJobsWatch } from '../../tokens';
import type { IPlace } from '../options';
import { FileList } from './FileList';
import { worst } from './files';
import type { Target } from './logView';
import { LogViewer } from './LogViewer';
import { Problems } from './Problems';
import { useLogFiles } from './useLogFiles';

export interface ILogsTabProps {
  model: IClusterModel;
  cluster: Cluster;
  jobs: IJobsWatch;
  translator: ITranslator;
  /** The log to open, the worst one where none is named, and what to show in it; a new object asks again. */
  place: IPlace;
}

export function LogsTab(props: ILogsTabProps): JSX.Element {
  const { model, cluster, jobs } = props;
  const trans = props.translator.load(DOMAIN);
  const { logs, folder, error, known } = useLogFiles(model, cluster.id, jobs);
  const byId = useSignal(jobs.changed, () => jobs.jobs);
  const [filter, setFilter] = useState('');
  const [file, setFile] = useState<string | null>(null);
  const [target, setTarget] = useState<Target | null>(null);
  const [filesOpen, setFilesOpen] = useState(false);

  const open = (name: string, where: Target | null) => {
    setFile(name);
    setTarget(where);
    setFilesOpen(false);
  };
  // Asked for from elsewhere: once, then the user's own choice counts.
  const [asked, setAsked] = useState<IPlace | null>(null);
  const { place } = props;
  if (place !== asked) {
    setAsked(place);
    if (place.file) {
      open(place.file, targetOf(place));
    }
  } else if (file === null) {
    const first = worst(logs);
    if (first) {
      setFile(first.file);
    }
  }

  return (
    <div
      className="jp-DaskHpc-Logs"
      data-files={filesOpen || file === null || undefined}
    >
      <div className="jp-DaskHpc-LogsLayout">
        <div className="jp-DaskHpc-LogsSide">
          {error && (
            <p className="jp-DaskHpc-LogNote" role="alert">
              {error}
            </p>
          )}
          {known && (
            <FileList
              logs={logs}
              filter={filter}
              onFilter={setFilter}
              file={file}
              onChoose={name => open(name, null)}
              stale={cluster.stale}
              trans={trans}
            />
          )}
        </div>
        <div className="jp-DaskHpc-LogsMain">
          {file !== null && (
            <LogViewer
              key={file}
              model={model}
              id={cluster.id}
              file={file}
              folder={folder || cluster.log_folder}
              target={target}
              filesOpen={filesOpen}
              onFiles={() => setFilesOpen(!filesOpen)}
              trans={trans}
            />
          )}
          <Problems
            model={model}
            id={cluster.id}
            jobs={byId}
            files={logs.length}
            onShow={({ example, text }) =>
              open(example.file, { line: example.line, text })
            }
            trans={trans}
          />
        </div>
      </div>
    </div>
  );
}

function targetOf({ line, search }: IPlace): Target | null {
  return line ? { line } : search ? { search } : null;
}
