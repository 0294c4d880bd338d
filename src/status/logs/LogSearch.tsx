/** Search in the log that is open: "4 of 10", previous and next. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretUpIcon } from '@jupyterlab/ui-components';
import type { JSX } from 'react';

import { Button } from '../../common/Button';
import { count } from '../../common/format';
import { SearchField } from '../../common/SearchField';
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
    <SearchField
      className="jp-DaskHpc-LogSearch"
      label={trans.__('Search in the log')}
      placeholder={trans.__('Search')}
      value={query}
      onChange={onQuery}
      onEnter={back => onStep(back ? -1 : 1)}
    >
      <span role="status">
        {!query
          ? ''
          : matches
            ? trans.__('%1 of %2', count(current + 1), many)
            : trans.__('No match')}
      </span>
      <Button
        look="icon"
        icon={caretUpIcon}
        title={trans.__('Previous match')}
        aria-label={trans.__('Previous match')}
        disabled={matches === 0}
        onClick={() => onStep(-1)}
      />
      <Button
        look="icon"
        icon={caretDownIcon}
        title={trans.__('Next match')}
        aria-label={trans.__('Next match')}
        disabled={matches === 0}
        onClick={() => onStep(1)}
      />
    </SearchField>
  );
}
