/** All workers and the scheduler, one a row: thousands, of which only those in view are drawn. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { forwardRef, useCallback, useId, useMemo, useState } from 'react';
import type { Job } from '../../api/schema';
import { Button } from '../../common/Button';
import { useVirtualRows } from '../../common/virtualRows';
import { arrange, type Column, type IGroup, type IQuery } from './arrange';
import { isShared, type IEntry } from './entries';
import { JobFactsRow } from './JobFactsRow';
import { GroupRow, JobRow } from './JobRows';
import { ran } from './ran';
import { rowHeight, rowsOf } from './rows';
import { TableTools } from './TableTools';

export interface IJobTableProps {
  /** By their keys. */
  entries: ReadonlyMap<string, IEntry>;
  query: IQuery;
  /** Milliseconds since the epoch. */
  now: number;
  /** Bytes of memory that were asked for: for the scheduler, a worker, and a job of workers. */
  asked: Record<Job['role'] | 'job', number | null>;
  trans: TranslationBundle;
  onQuery: (query: IQuery) => void;
  onOpenLog: (entry: IEntry) => void;
}

export const JobTable = forwardRef<HTMLElement, IJobTableProps>(
  function JobTable(props, ref) {
    const { entries, query, now, asked, trans, onQuery, onOpenLog } = props;
    const heading = useId();
    const shared = useMemo(() => isShared(entries.values()), [entries]);
    const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
    const [detailed, setDetailed] = useState<ReadonlySet<string>>(new Set());
    const [pointed, setPointed] = useState(false);
    const [focused, setFocused] = useState(false);
    const groups = useStillGroups(props, pointed || focused);
    const rows = useMemo(
      () => rowsOf(groups, closed, detailed),
      [groups, closed, detailed]
    );
    const { box, height, drawn, onScroll } = useVirtualRows(rows, rowHeight);
    const matching = groups.reduce((sum, { keys }) => sum + keys.length, 0);

    const titles = columns(shared, trans);
    // Plus the one of the logs.
    const columnCount = titles.length + 1;
    const onDetail = useCallback(
      (key: string) => setDetailed(keys => toggled(keys, key)),
      []
    );
    const sort = (column: Column) =>
      onQuery({
        ...query,
        column,
        descending: column === query.column && !query.descending
      });

    return (
      <section
        ref={ref}
        className="jp-DaskHpc-JobTable"
        aria-labelledby={heading}
      >
        <TableTools
          heading={heading}
          query={query}
          matching={matching}
          all={entries.size}
          shared={shared}
          trans={trans}
          onQuery={onQuery}
        />
        <div
          ref={box}
          className={'jp-DaskHpc-Table' + (shared ? ' jp-mod-shared' : '')}
          role="table"
          aria-labelledby={heading}
          aria-rowcount={rows.length + 1}
          onScroll={onScroll}
          onPointerEnter={() => setPointed(true)}
          onPointerLeave={() => setPointed(false)}
          onFocus={() => setFocused(true)}
          onBlur={event =>
            setFocused(event.currentTarget.contains(event.relatedTarget))
          }
        >
          <div className="jp-DaskHpc-TableHead" role="row" aria-rowindex={1}>
            {titles.map(({ column, title }) => (
              <ColumnHead
                key={column}
                {...{ column, title, query }}
                onSort={sort}
              />
            ))}
            <span role="columnheader">{trans.__('Log')}</span>
          </div>
          <div
            role="rowgroup"
            className="jp-DaskHpc-TableBody"
            style={{ height }}
          >
            {drawn.map(({ row, index, top }) => {
              const place = { top, index: index + 2 };
              if ('group' in row) {
                const { group, open } = row;
                const worst = entries.get(group.keys[0]);
                return (
                  <GroupRow
                    key={group.key}
                    {...{ ...place, group, open, trans }}
                    columns={columnCount}
                    onToggle={() => setClosed(toggled(closed, group.key))}
                    onOpenLog={worst && (() => onOpenLog(worst))}
                  />
                );
              }
              if ('jobOf' in row) {
                const job = entries.get(row.jobOf)?.job;
                return (
                  job && (
                    <JobFactsRow
                      key={`${row.jobOf} job`}
                      {...{ ...place, job, now, trans }}
                      columns={columnCount}
                      asked={asked.job}
                    />
                  )
                );
              }
              const entry = entries.get(row.key);
              return (
                entry && (
                  <JobRow
                    key={row.key}
                    {...{ ...place, entry, shared, trans, onDetail, onOpenLog }}
                    detailed={detailed.has(row.key)}
                    asked={asked[entry.role]}
                    ran={Math.floor(ran(entry, now))}
                  />
                )
              );
            })}
          </div>
        </div>
      </section>
    );
  }
);

/** Groups of the entries; while `still` their order stays, unless the user asks for another. */
function useStillGroups(
  { entries, query, now, trans }: IJobTableProps,
  still: boolean
): IGroup[] {
  const [from, setFrom] = useState({ entries, query, now });
  if (from.query !== query || (!still && from.entries !== entries)) {
    setFrom({ entries, query, now });
  }
  return useMemo(
    () => arrange(from.entries.values(), from.query, trans, from.now),
    [from, trans]
  );
}

function columns(
  shared: boolean,
  trans: TranslationBundle
): { column: Column; title: string }[] {
  const worker = { column: 'worker' as const, title: trans.__('Worker') };
  return [
    ...(shared ? [worker] : []),
    { column: 'id', title: trans.__('Job id') },
    { column: 'state', title: trans.__('State') },
    { column: 'reason', title: trans.__('Reason') },
    { column: 'node', title: trans.__('Node') },
    { column: 'elapsed', title: trans.__('Elapsed') },
    { column: 'memory', title: trans.__('Peak / requested memory') }
  ];
}

function toggled(keys: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(keys);
  if (!next.delete(key)) {
    next.add(key);
  }
  return next;
}

interface IColumnHeadProps {
  column: Column;
  title: string;
  query: IQuery;
  onSort: (column: Column) => void;
}

function ColumnHead({ column, title, query, onSort }: IColumnHeadProps) {
  const sorted = query.column === column;
  const order = query.descending ? 'descending' : 'ascending';
  return (
    <span
      role="columnheader"
      className={`jp-DaskHpc-Cell-${column}`}
      aria-sort={sorted ? order : 'none'}
    >
      <Button look="bare" onClick={() => onSort(column)}>
        {title}
      </Button>
    </span>
  );
}
