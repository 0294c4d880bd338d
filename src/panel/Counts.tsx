/** How many workers run, as figures and as a bar. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import type { Cluster } from '../api/schema';
import { CountBar } from '../common/Bar';
import { counts, PARTS, share } from '../common/counts';
import { count, percent } from '../common/format';
import { JobIcon } from '../common/icons';
import { jobsLabel, runningLabel } from '../common/labels';
import { asOf } from './timing';

export interface ICountsProps {
  cluster: Cluster;
  now: number;
  trans: TranslationBundle;
}

export function Counts({ cluster, now, trans }: ICountsProps): JSX.Element {
  const { workers, stale } = cluster;
  const parts = counts(workers);
  const sentence = runningLabel(workers, trans);
  const jobs = jobsLabel(cluster, trans);
  const all = workers.running === workers.requested && !parts.connecting;
  const shown = all ? [] : PARTS.filter(part => parts[part] > 0);
  const words = {
    running: (n: string) => trans.__('%1 connected', n),
    connecting: (n: string) => trans.__('%1 connecting', n),
    pending: (n: string) => trans.__('%1 pending', n),
    failed: (n: string) => trans.__('%1 failed', n)
  };
  return (
    <>
      <div className="jp-DaskHpc-Card-headline">
        <span>{sentence}</span>
        <span className="jp-DaskHpc-Card-share">
          {asOf(cluster, now, trans) ?? percent(share(workers))}
        </span>
      </div>
      <CountBar workers={workers} stale={stale} label={sentence} />
      {jobs && <div className="jp-DaskHpc-Card-jobs">{jobs}</div>}
      {shown.length > 0 && (
        <ul className="jp-DaskHpc-Card-counts">
          {shown.map(part => (
            <li key={part}>
              <JobIcon state={part} stale={stale} />
              {words[part](count(parts[part]))}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
