/** One job in full, beside the map. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';
import { Button } from '../../common/Button';
import type { Job } from '../../api/schema';
import { elapsed } from '../../common/format';
import { JobIcon } from '../../common/icons';
import { jobStateLabel } from '../../common/labels';
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
            'Point at a square, or use the arrow keys. F selects the next failed worker.'
          )}
        </p>
      </div>
    );
  }
  const facts: [string, ReactNode][] = [
    [
      trans.__('State'),
      <>
        <JobIcon state={job.state} /> {jobStateLabel(job.state, trans)}
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
        <Button look="link" onClick={() => onOpenLog(job)}>
          {trans.__('Open log')}
        </Button>
      )}
    </div>
  );
}
