/** Errors of all workers: one row a message, the most frequent first. */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  caretDownIcon,
  caretRightIcon,
  searchIcon
} from '@jupyterlab/ui-components';
import { useCallback, useEffect, useState, type JSX } from 'react';

import { Button } from '../../common/Button';
import type { Job, LogProblems } from '../../api/schema';
import { count } from '../../common/format';
import { failIcon, warnIcon } from '../../common/icons';
import type { IClusterModel } from '../../tokens';
import { SegmentedControl } from '../../common/SegmentedControl';
import type { Level } from './levels';
import { messageOf } from './openLog';
import { spanOf, whereOf } from './where';

type Kind = LogProblems['kinds'][number];

export interface IProblemsProps {
  model: IClusterModel;
  /** The cluster's id. */
  id: string;
  jobs: ReadonlyMap<string, Job>;
  /** How many log files there are. */
  files: number;
  onShow: (kind: Kind) => void;
  trans: TranslationBundle;
}

export function Problems(props: IProblemsProps): JSX.Element {
  const { model, id, trans } = props;
  const [open, setOpen] = useState(true);
  const [level, setLevel] = useState<Level>('error');
  const { found, error, busy, search } = useProblems(model, id, level);
  return (
    <section
      className="jp-DaskHpc-Problems"
      aria-label={trans.__('Errors of all workers')}
    >
      <div className="jp-DaskHpc-ProblemsBar">
        <Button
          look="bare"
          icon={open ? caretDownIcon : caretRightIcon}
          className="jp-DaskHpc-ProblemsTitle"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {trans.__('Errors of all workers')}
        </Button>
        <span role="status">{found ? summary(found, props) : ''}</span>
        <SegmentedControl<Level>
          label={trans.__('Lines to search for')}
          value={level}
          onChange={setLevel}
          options={[
            { value: 'error', title: trans.__('Errors') },
            { value: 'warning', title: trans.__('Errors and warnings') }
          ]}
        />
        <Button icon={searchIcon} disabled={busy} onClick={search}>
          {busy ? trans.__('Searching') : trans.__('Search all files')}
        </Button>
      </div>
      {open && error && (
        <p className="jp-DaskHpc-LogNote" role="alert">
          {error}
        </p>
      )}
      {open && found && found.kinds.length > 0 && (
        <ul>
          {found.kinds.map(kind => (
            <Row
              key={`${kind.level} ${kind.text}`}
              kind={kind}
              jobs={props.jobs}
              onShow={() => props.onShow(kind)}
              trans={trans}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function Row(props: {
  kind: Kind;
  jobs: ReadonlyMap<string, Job>;
  onShow: () => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { kind, jobs, trans } = props;
  const Icon = kind.level === 'error' ? failIcon : warnIcon;
  const [first, ...rest] = kind.text.split('\u0001');
  return (
    <li>
      <b>{count(kind.count)}</b>
      <Icon.react
        tag="span"
        title={kind.level === 'error' ? trans.__('Error') : trans.__('Warning')}
      />
      <div>
        <code title={kind.text.replaceAll('\u0001', '…')}>
          {first}
          {rest.map((part, index) => (
            <span key={index}>
              <span
                className="jp-DaskHpc-Varies"
                title={trans.__('Varies between lines')}
              >
                …
              </span>
              {part}
            </span>
          ))}
        </code>
        <p>
          {whereOf(kind.jobs, jobs, trans)},{' '}
          {spanOf(kind.first, kind.last, trans)}
        </p>
      </div>
      <Button onClick={props.onShow}>{trans.__('Show')}</Button>
    </li>
  );
}

/** "105 lines, 4 messages, in 3,001 files". */
function summary(
  found: LogProblems,
  { files, trans }: Pick<IProblemsProps, 'files' | 'trans'>
): string {
  const read =
    found.files < files
      ? trans.__('%1 of %2 files', count(found.files), count(files))
      : trans._n('%2 file', '%2 files', found.files, count(found.files));
  if (found.lines === 0) {
    return trans.__('No errors in %1', read);
  }
  return trans.__(
    '%1, %2, in %3',
    trans._n('%2 line', '%2 lines', found.lines, count(found.lines)),
    trans._n(
      '%2 message',
      '%2 messages',
      found.kinds.length,
      count(found.kinds.length)
    ),
    read
  );
}

/** What was found; asked for when opened, when the level changes, and on demand. */
function useProblems(model: IClusterModel, id: string, level: Level) {
  const [found, setFound] = useState<LogProblems | null>(null);
  const [error, setError] = useState('');
  const [answered, setAnswered] = useState('');
  const [turn, setTurn] = useState(0);
  const asked = `${id} ${level} ${turn}`;
  const search = useCallback(() => setTurn(turn => turn + 1), []);
  useEffect(() => {
    let current = true;
    model
      .logProblems(id, level)
      .then(
        answer => {
          if (current) {
            setFound(answer);
            setError('');
          }
        },
        (reason: unknown) => {
          if (current) {
            setError(messageOf(reason));
          }
        }
      )
      .finally(() => {
        if (current) {
          setAnswered(asked);
        }
      });
    return () => {
      current = false;
    };
  }, [model, id, level, asked]);
  return { found, error, busy: answered !== asked, search };
}
