/** One worker in full, beside the map. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';
import { Button } from '../../common/Button';
import { elapsed } from '../../common/format';
import { JobIcon } from '../../common/icons';
import { jobStateLabel } from '../../common/labels';
import { titleOf, type IEntry } from './entries';
import { FactList } from './FactList';
import { gpuWords } from './gpus';
import { memoryWords } from './memory';
import { ran } from './ran';
import { reasonOf } from './reason';

export interface IJobDetailProps {
  entry: IEntry | undefined;
  /** Bytes. */
  asked: number | null;
  /** Milliseconds since the epoch. */
  now: number;
  trans: TranslationBundle;
  onOpenLog: (entry: IEntry) => void;
}

export function JobDetail({
  entry,
  asked,
  now,
  trans,
  onOpenLog
}: IJobDetailProps) {
  if (!entry) {
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
    [trans.__('Job'), entry.worker && entry.id],
    [
      trans.__('State'),
      <>
        <JobIcon state={entry.state} /> {jobStateLabel(entry.state, trans)}
      </>
    ],
    [trans.__('Reason'), reasonOf(entry)],
    [trans.__('Node'), entry.node],
    [trans.__('Elapsed'), ran(entry, now) > 0 && elapsed(ran(entry, now))],
    [trans.__('Memory'), memoryWords(entry.memory_peak, asked, trans)],
    [trans.__('GPUs'), gpuWords(entry)]
  ];
  return (
    <div className="jp-DaskHpc-Detail">
      <h3>{titleOf(entry)}</h3>
      <FactList facts={facts} />
      {entry.log && entry.state !== 'pending' && (
        <Button look="link" onClick={() => onOpenLog(entry)}>
          {trans.__('Open log')}
        </Button>
      )}
    </div>
  );
}
