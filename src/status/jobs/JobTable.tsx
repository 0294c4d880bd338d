/** All jobs, one a row: thousands, of which only those in view are drawn. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { forwardRef, useId, useMemo, useState } from 'react';
import type { Job } from '../../api/schema';
import { Button } from '../../common/Button';
import { useVirtualRows } from '../../common/virtualRows';
import { arrange, type Column, type IGroup, type IQuery } from './arrange';
import { GroupRow, JobRow } from './JobRows';
import { ran } from './ran';
import { rowHeight, rowsOf } from './rows';
import { TableTools } from './TableTools';

export interface IJobTableProps {
  jobs: ReadonlyMap<string, Job>;
  query: IQuery;
  /** Milliseconds since the epoch. */
  now: number;
  /** Bytes of memory asked for, by role. */
  asked: Record<Job['role'], number | null>;
  trans: TranslationBundle;
  onQuery: (query: IQuery) => void;
  onOpenLog: (job: Job) => void;
}

export const JobTable = forwardRef<HTMLElement, IJobTableProps>(
  function JobTable(props, ref) {
    const { jobs, query, now, asked, trans, onQuery, onOpenLog } = props;
    const heading = useId();
    const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
    const [pointed, setPointed] = useState(false);
    const [focused, setFocused] = useState(false);
    const groups = useStillGroups(props, pointed || focused);
    const rows = useMemo(() => rowsOf(groups, closed), [groups, closed]);
    const { box, height, drawn, onScroll } = useVirtualRows(rows, rowHeight);
    const matching = groups.reduce((sum, { ids }) => sum + ids.length, 0);

    const toggle = (key: string) => {
      const next = new Set(closed);
      if (!next.delete(key)) {
        next.add(key);
      }
      setClosed(next);
    };
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
          all={jobs.size}
          trans={trans}
          onQuery={onQuery}
        />
        <div
          ref={box}
          className="jp-DaskHpc-Table"
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
            {columns(trans).map(({ column, title }) => (
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
                const worst = jobs.get(group.ids[0]);
                return (
                  <GroupRow
                    key={group.key}
                    {...{ ...place, group, open, trans }}
                    onToggle={() => toggle(group.key)}
                    onOpenLog={worst && (() => onOpenLog(worst))}
                  />
                );
              }
              const job = jobs.get(row.id);
              return (
                job && (
                  <JobRow
                    key={row.id}
                    {...{ ...place, job, trans, onOpenLog }}
                    asked={asked[job.role]}
                    ran={Math.floor(ran(job, now))}
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

/** Groups of the jobs; while `still` their order stays, unless the user asks for another. */
function useStillGroups(
  { jobs, query, now, trans }: IJobTableProps,
  still: boolean
): IGroup[] {
  const [from, setFrom] = useState({ jobs, query, now });
  if (from.query !== query || (!still && from.jobs !== jobs)) {
    setFrom({ jobs, query, now });
  }
  return useMemo(
    () => arrange(from.jobs.values(), from.query, trans, from.now),
    [from, trans]
  );
}

function columns(
  trans: TranslationBundle
): { column: Column; title: string }[] {
  return [
    { column: 'id', title: trans.__('Job id') },
    { column: 'state', title: trans.__('State') },
    { column: 'reason', title: trans.__('Reason') },
    { column: 'node', title: trans.__('Node') },
    { column: 'elapsed', title: trans.__('Elapsed') },
    { column: 'memory', title: trans.__('Peak / requested memory') }
  ];
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
