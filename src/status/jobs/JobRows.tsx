/** The rows of the table: groups and workers. */
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { memo } from 'react';
import { Button } from '../../common/Button';
import { count, elapsed } from '../../common/format';
import { JobIcon } from '../../common/icons';
import { jobStateLabel } from '../../common/labels';
import type { IGroup } from './arrange';
import { titleOf, type IEntry } from './entries';
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
  /** Columns of the table. */
  columns: number;
  open: boolean;
  trans: TranslationBundle;
  onToggle: () => void;
  onOpenLog?: () => void;
}

export function GroupRow(props: IGroupRowProps) {
  const { group, columns, open, top, index, trans, onToggle, onOpenLog } =
    props;
  return (
    <div
      className="jp-DaskHpc-GroupRow"
      role="row"
      aria-rowindex={index}
      style={{ top }}
    >
      <span role="cell" aria-colspan={columns}>
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
  const { role, state, node, reason, keys } = group;
  const word = jobStateLabel(state, trans).toLowerCase();
  const what =
    role === 'scheduler'
      ? trans.__('Scheduler %1', word)
      : `${count(keys.length)} ${word}`;
  const where = node ? trans.__('%1 on %2', what, node) : what;
  const why =
    state === 'failed'
      ? reason.charAt(0).toLowerCase() + reason.slice(1)
      : reason;
  return why ? `${where}: ${why}` : where;
}

export interface IJobRowProps extends IRowPlace {
  entry: IEntry;
  /** Whether the table has a column for workers, which share jobs. */
  shared: boolean;
  /** Whether its job is shown in the next row. */
  detailed: boolean;
  /** Bytes. */
  asked: number | null;
  /** Seconds. */
  ran: number;
  trans: TranslationBundle;
  onDetail: (key: string) => void;
  onOpenLog: (entry: IEntry) => void;
}

export const JobRow = memo(function JobRow(props: IJobRowProps) {
  const { entry, shared, detailed, asked, ran, top, index, trans } = props;
  const { onDetail, onOpenLog } = props;
  const { worker, key, id, state, node, log } = entry;
  const reason = reasonOf(entry);
  const peak = entry.memory_peak;
  const words = memoryWords(peak, asked, trans);
  return (
    <div
      className="jp-DaskHpc-JobRow"
      role="row"
      aria-rowindex={index}
      style={{ top }}
    >
      {shared && (
        <span role="cell" className="jp-DaskHpc-Cell-worker" title={worker}>
          {worker ? (
            <Button
              look="bare"
              icon={detailed ? caretDownIcon : caretRightIcon}
              aria-expanded={detailed}
              aria-label={trans.__('%1, details of its job', worker)}
              onClick={() => onDetail(key)}
            >
              {worker}
            </Button>
          ) : (
            trans.__('Scheduler')
          )}
        </span>
      )}
      <span role="cell" className="jp-DaskHpc-Cell-id" title={id}>
        {id}
      </span>
      <span role="cell" className="jp-DaskHpc-Cell-state">
        <JobIcon state={state} /> {jobStateLabel(state, trans)}
      </span>
      <span role="cell" className="jp-DaskHpc-Cell-reason" title={reason}>
        {reason}
      </span>
      <span role="cell" className="jp-DaskHpc-Cell-node" title={node}>
        {node}
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
        {log && state !== 'pending' && (
          <Button
            look="link"
            aria-label={trans.__('Log of %1', titleOf(entry))}
            onClick={() => onOpenLog(entry)}
          >
            {trans.__('Log')}
          </Button>
        )}
      </span>
    </div>
  );
});
