/** The two kinds of rows of the table of jobs. */
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { memo } from 'react';
import { Button } from '../../common/Button';
import type { Job } from '../../api/schema';
import { count, elapsed } from '../../common/format';
import { JobIcon } from '../../common/icons';
import { jobStateLabel } from '../../common/labels';
import type { IGroup } from './arrange';
import { atLimit, memoryWords } from './memory';
import { reasonOf } from './reason';

interface IRowPlace {
  /** In px. */
  top: number;
  /** As `aria-rowindex` counts. */
  index: number;
}

export interface IGroupRowProps extends IRowPlace {
  group: IGroup;
  open: boolean;
  trans: TranslationBundle;
  onToggle: () => void;
  onOpenLog?: () => void;
}

export function GroupRow(props: IGroupRowProps) {
  const { group, open, top, index, trans, onToggle, onOpenLog } = props;
  return (
    <div
      className="jp-DaskHpc-GroupRow"
      role="row"
      aria-rowindex={index}
      style={{ top }}
    >
      <span role="cell" aria-colspan={7}>
        <Button
          look="bare"
          icon={open ? caretDownIcon : caretRightIcon}
          aria-expanded={open}
          onClick={onToggle}
        >
          <JobIcon state={group.state} />
          {groupTitle(group, trans)}
        </Button>
        {group.state === 'failed' && onOpenLog && (
          <Button look="link" onClick={onOpenLog}>
            {trans.__('Open logs')}
          </Button>
        )}
      </span>
    </div>
  );
}

/** The same sentence as under "Needs attention": "37 failed on n214: out of memory". */
export function groupTitle(group: IGroup, trans: TranslationBundle): string {
  const { role, state, node, reason, ids } = group;
  const word = jobStateLabel(state, trans).toLowerCase();
  const what =
    role === 'scheduler'
      ? trans.__('Scheduler %1', word)
      : `${count(ids.length)} ${word}`;
  const where = node ? trans.__('%1 on %2', what, node) : what;
  const why =
    state === 'failed'
      ? reason.charAt(0).toLowerCase() + reason.slice(1)
      : reason;
  return why ? `${where}: ${why}` : where;
}

export interface IJobRowProps extends IRowPlace {
  job: Job;
  /** Bytes. */
  asked: number | null;
  /** Seconds. */
  ran: number;
  trans: TranslationBundle;
  onOpenLog: (job: Job) => void;
}

export const JobRow = memo(function JobRow(props: IJobRowProps) {
  const { job, asked, ran, top, index, trans, onOpenLog } = props;
  const reason = reasonOf(job);
  const peak = job.memory_peak;
  const words = memoryWords(peak, asked, trans);
  return (
    <div
      className="jp-DaskHpc-JobRow"
      role="row"
      aria-rowindex={index}
      style={{ top }}
    >
      <span role="cell" className="jp-DaskHpc-Cell-id">
        {job.id}
      </span>
      <span role="cell" className="jp-DaskHpc-Cell-state">
        <JobIcon state={job.state} /> {jobStateLabel(job.state, trans)}
      </span>
      <span role="cell" className="jp-DaskHpc-Cell-reason" title={reason}>
        {reason}
      </span>
      <span role="cell" className="jp-DaskHpc-Cell-node" title={job.node}>
        {job.node}
      </span>
      <span role="cell" className="jp-DaskHpc-Cell-elapsed">
        {ran > 0 && elapsed(ran)}
      </span>
      <span role="cell" className="jp-DaskHpc-Cell-memory">
        {peak !== null && asked !== null && (
          <meter
            className="jp-DaskHpc-Memory"
            min={0}
            max={asked}
            value={peak}
            aria-label={words}
          />
        )}
        <span>
          {atLimit(peak, asked) ? trans.__('%1, at limit', words) : words}
        </span>
      </span>
      <span role="cell">
        {job.log && job.state !== 'pending' && (
          <Button
            look="link"
            aria-label={trans.__('Log of %1', job.id)}
            onClick={() => onOpenLog(job)}
          >
            {trans.__('Log')}
          </Button>
        )}
      </span>
    </div>
  );
});
