/** The job of a worker, in the table below that worker. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';
import type { Job } from '../../api/schema';
import { count, elapsed } from '../../common/format';
import { jobStateLabel } from '../../common/labels';
import { countStates, STATES } from './arrange';
import { entriesOf } from './entries';
import { FactList } from './FactList';
import { gpuWords } from './gpus';
import { memoryWords } from './memory';
import { ran } from './ran';
import { reasonOf } from './reason';

export interface IJobFactsRowProps {
  job: Job;
  columns: number;
  /** In px. */
  top: number;
  /** As `aria-rowindex` counts. */
  index: number;
  /** Bytes that the job asked for. */
  asked: number | null;
  /** Milliseconds since the epoch. */
  now: number;
  trans: TranslationBundle;
}

export function JobFactsRow(props: IJobFactsRowProps) {
  const { job, columns, top, index, asked, now, trans } = props;
  const seconds = ran(job, now);
  const states = countStates(entriesOf([job]));
  const workers = STATES.filter(state => states[state] > 0).map(
    state =>
      `${count(states[state])} ${jobStateLabel(state, trans).toLowerCase()}`
  );
  const facts: [string, ReactNode][] = [
    [trans.__('Job'), job.id],
    [trans.__('State'), job.native_state],
    [trans.__('Reason'), reasonOf(job)],
    [trans.__('Node'), job.node],
    [trans.__('Elapsed'), seconds > 0 && elapsed(seconds)],
    [trans.__('Workers'), workers.join(', ')],
    [trans.__('Memory'), memoryWords(job.memory_peak, asked, trans)],
    [trans.__('GPUs'), gpuWords(job)],
    [trans.__('Exit code'), job.exit_code !== null && String(job.exit_code)],
    [trans.__('Signal'), job.signal !== null && String(job.signal)]
  ];
  return (
    <div
      className="jp-DaskHpc-JobFactsRow"
      role="row"
      aria-rowindex={index}
      style={{ top }}
    >
      <div role="cell" aria-colspan={columns}>
        <FactList facts={facts} />
      </div>
    </div>
  );
}
