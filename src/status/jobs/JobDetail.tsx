/** One job in full, beside the map. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';
import type { Job } from '../../api/schema';
import { elapsed } from '../../parts/format';
import { JobIcon } from '../../parts/icons';
import { jobStateWord } from '../../parts/words';
import { memoryWords } from './memory';
import { ran } from './ran';
import { reasonOf } from './reason';

export interface IJobDetailProps {
  job: Job | undefined;
  /** Bytes. */
  asked: number | null;
  /** Milliseconds since the epoch. */
  now: number;
  trans: TranslationBundle;
  onOpenLog: (job: Job) => void;
}

export function JobDetail({
  job,
  asked,
  now,
  trans,
  onOpenLog
}: IJobDetailProps) {
  if (!job) {
    return (
      <div className="jp-DaskHpc-Detail">
        <p className="jp-DaskHpc-Secondary">
          {trans.__(
            'Point at a square, or walk with the arrow keys. F goes to the next failed one.'
          )}
        </p>
      </div>
    );
  }
  const facts: [string, ReactNode][] = [
    [
      trans.__('State'),
      <>
        <JobIcon state={job.state} /> {jobStateWord(job.state, trans)}
      </>
    ],
    [trans.__('Reason'), reasonOf(job)],
    [trans.__('Node'), job.node],
    [trans.__('Elapsed'), ran(job, now) > 0 && elapsed(ran(job, now))],
    [trans.__('Memory'), memoryWords(job.memory_peak, asked, trans)]
  ];
  return (
    <div className="jp-DaskHpc-Detail">
      <h3>{job.id}</h3>
      <dl>
        {facts
          .filter(([, fact]) => fact)
          .map(([name, fact]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{fact}</dd>
            </div>
          ))}
      </dl>
      {job.log && job.state !== 'pending' && (
        <button
          type="button"
          className="jp-DaskHpc-Link"
          onClick={() => onOpenLog(job)}
        >
          {trans.__('Open log')}
        </button>
      )}
    </div>
  );
}
