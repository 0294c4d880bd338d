/** The log files of a cluster as a tree of groups: thousands, of which only those in view are drawn. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import {
  useLayoutEffect,
  useMemo,
  useState,
  type JSX,
  type KeyboardEvent
} from 'react';

import type { Log } from '../../api/schema';
import { Button } from '../../common/Button';
import { count, fileSize } from '../../common/format';
import { JobIcon } from '../../common/icons';
import { jobStateLabel } from '../../common/labels';
import { SearchField } from '../../common/SearchField';
import { useVirtualRows } from '../../common/virtualRows';
import { fileRows, type Group, type Row } from './files';

const rowHeight = (): number => 24;

export interface IFileListProps {
  logs: readonly Log[];
  filter: string;
  onFilter: (filter: string) => void;
  file: string | null;
  onChoose: (file: string) => void;
  stale: boolean;
  trans: TranslationBundle;
}

export function FileList(props: IFileListProps): JSX.Element {
  const { logs, filter, file, onChoose, trans } = props;
  const [closed, setClosed] = useState<ReadonlySet<Group>>(new Set());
  const [whole, setWhole] = useState<ReadonlySet<Group>>(new Set());
  const [at, setAt] = useState(0);
  const rows = useMemo(
    () =>
      fileRows(logs, { filter, closed, whole, file }, state =>
        jobStateLabel(state, trans)
      ),
    [logs, filter, closed, whole, file, trans]
  );
  const { box, height, drawn, onScroll, reveal, page } = useVirtualRows(
    rows,
    rowHeight
  );
  const active = Math.min(at, rows.length - 1);

  const press = (index: number) => {
    const row = rows[index];
    setAt(index);
    if (row?.type === 'file') {
      onChoose(row.log.file);
    } else if (row?.type === 'more') {
      setWhole(new Set([...whole, row.group]));
    } else if (row) {
      setClosed(toggled(closed, row.group));
    }
  };
  const move = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setAt(next);
    reveal(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active];
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows.length - 1
    };
    if (event.key in moves) {
      move(moves[event.key]);
    } else if (event.key === 'Enter' || event.key === ' ') {
      press(active);
    } else if (
      row?.type === 'group' &&
      (event.key === 'ArrowLeft' || event.key === 'ArrowRight')
    ) {
      if (row.open === (event.key === 'ArrowLeft')) {
        press(active);
      }
    } else {
      return;
    }
    event.preventDefault();
  };

  // The file that is open is in sight when it is opened from elsewhere.
  const place = rows.findIndex(
    row => row.type === 'file' && row.log.file === file
  );
  const [placed, setPlaced] = useState<string | null>(null);
  if (file !== placed && place >= 0) {
    setPlaced(file);
    setAt(place);
  }
  useLayoutEffect(() => {
    reveal(place);
    // Later the list stands still, whatever moves in it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [placed]);

  return (
    <div className="jp-DaskHpc-LogFiles">
      <SearchField
        label={trans.__('Filter by id, node or state')}
        placeholder={trans.__('Filter by id, node or state')}
        value={filter}
        onChange={props.onFilter}
      />
      <Total {...props} />
      {rows.length === 0 && filter !== '' && (
        <p className="jp-DaskHpc-LogNote">
          {trans.__('No file matches "%1".', filter)}{' '}
          <Button look="link" onClick={() => props.onFilter('')}>
            {trans.__('Clear filter')}
          </Button>
        </p>
      )}
      <div
        ref={box}
        className="jp-DaskHpc-LogTree"
        role="tree"
        tabIndex={0}
        aria-label={trans.__('Log files')}
        aria-activedescendant={rows.length ? rowId(rows[active]) : undefined}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div style={{ height }} role="presentation">
          {drawn.map(({ row, index, top }) => (
            <div
              key={rowId(row)}
              id={rowId(row)}
              className="jp-DaskHpc-LogRow"
              style={{ top }}
              data-type={row.type}
              data-active={index === active || undefined}
              role="treeitem"
              aria-level={row.type === 'group' ? 1 : 2}
              aria-expanded={row.type === 'group' ? row.open : undefined}
              aria-selected={row.type === 'file' && row.log.file === file}
              onClick={() => press(index)}
            >
              <RowContent row={row} stale={props.stale} trans={trans} />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

function Total({ logs, trans }: IFileListProps): JSX.Element {
  const bytes = logs.reduce((sum, log) => sum + log.size, 0);
  return (
    <p className="jp-DaskHpc-LogTotal">
      {logs.length
        ? trans._n(
            '%2 file, %3 in log/',
            '%2 files, %3 in log/',
            logs.length,
            count(logs.length),
            fileSize(bytes)
          )
        : trans.__('No logs yet. A job writes its log once it runs.')}
    </p>
  );
}

function RowContent(props: {
  row: Row;
  stale: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { row, stale, trans } = props;
  if (row.type === 'group') {
    const Caret = row.open ? caretDownIcon : caretRightIcon;
    const word =
      row.group === 'scheduler'
        ? trans.__('Scheduler')
        : row.group === 'script'
          ? trans.__('Script')
          : jobStateLabel(row.group, trans);
    return (
      <>
        <Caret.react tag="span" aria-hidden="true" />
        {trans.__('%1 (%2)', word, count(row.count))}
      </>
    );
  }
  if (row.type === 'more') {
    return <span>{trans.__('%1 more', count(row.count))}</span>;
  }
  const { log } = row;
  return (
    <>
      <JobIcon state={log.state} stale={stale} />
      {(row.group === 'scheduler' || row.group === 'script') && (
        <span className="jp-DaskHpc-visuallyHidden">
          {jobStateLabel(log.state, trans)}
        </span>
      )}
      <code title={log.file}>{log.job}</code>
      <span title={log.node}>{log.node}</span>
      <span>{fileSize(log.size)}</span>
    </>
  );
}

function rowId(row: Row): string {
  return row.type === 'file'
    ? `jp-DaskHpc-log-${row.log.file}`
    : `jp-DaskHpc-log-${row.type}-${row.group}`;
}

function toggled<T>(set: ReadonlySet<T>, value: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(value)) {
    next.add(value);
  }
  return next;
}
