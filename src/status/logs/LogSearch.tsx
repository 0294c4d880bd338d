/** Search in the log that is open: "4 of 10", previous and next. */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  caretDownIcon,
  caretUpIcon,
  searchIcon
} from '@jupyterlab/ui-components';
import type { JSX } from 'react';

import { count } from '../../common/format';
import { MAX_MATCHES } from './matches';

export interface ILogSearchProps {
  query: string;
  /** Index of the current match; -1 for none. */
  current: number;
  matches: number;
  onQuery: (query: string) => void;
  onStep: (by: 1 | -1) => void;
  trans: TranslationBundle;
}

export function LogSearch(props: ILogSearchProps): JSX.Element {
  const { query, current, matches, onQuery, onStep, trans } = props;
  const many = count(matches) + (matches >= MAX_MATCHES ? '+' : '');
  return (
    <div className="jp-DaskHpc-LogSearch">
      <searchIcon.react tag="span" aria-hidden="true" />
      <input
        type="text"
        value={query}
        aria-label={trans.__('Search in the log')}
        placeholder={trans.__('Search')}
        onChange={event => onQuery(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            event.preventDefault();
            onStep(event.shiftKey ? -1 : 1);
          } else if (event.key === 'Escape') {
            onQuery('');
            event.currentTarget.blur();
          }
        }}
      />
      <span role="status">
        {!query
          ? ''
          : matches
            ? trans.__('%1 of %2', count(current + 1), many)
            : trans.__('No match')}
      </span>
      <button
        type="button"
        title={trans.__('Previous match')}
        aria-label={trans.__('Previous match')}
        disabled={matches === 0}
        onClick={() => onStep(-1)}
      >
        <caretUpIcon.react tag="span" />
      </button>
      <button
        type="button"
        title={trans.__('Next match')}
        aria-label={trans.__('Next match')}
        disabled={matches === 0}
        onClick={() => onStep(1)}
      >
        <caretDownIcon.react tag="span" />
      </button>
    </div>
  );
}
