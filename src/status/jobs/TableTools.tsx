/** Above the table: its filter, how many match, and whether they are grouped. */
import { checkIcon, searchIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { KeyboardEvent } from 'react';
import { count } from '../../common/format';
import { jobStateLabel } from '../../common/labels';
import type { IQuery } from './arrange';

export interface ITableToolsProps {
  /** Id of the heading. */
  heading: string;
  query: IQuery;
  matching: number;
  all: number;
  trans: TranslationBundle;
  onQuery: (query: IQuery) => void;
}

export function TableTools(props: ITableToolsProps) {
  const { heading, query, matching, all, trans, onQuery } = props;
  const clear = () => onQuery({ ...query, text: '', state: null });
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Escape') {
      onQuery({ ...query, text: '' });
      event.currentTarget.blur();
    }
  };
  return (
    <>
      <header>
        <h2 id={heading}>{trans.__('Jobs')}</h2>
        <span className="jp-DaskHpc-Filter">
          <searchIcon.react tag="span" width="14px" height="14px" />
          <input
            type="text"
            placeholder={trans.__('Id, node, state or reason')}
            aria-label={trans.__('Filter jobs by id, node, state or reason')}
            value={query.text}
            onChange={event => onQuery({ ...query, text: event.target.value })}
            onKeyDown={onKeyDown}
          />
        </span>
        <span className="jp-DaskHpc-Secondary" role="status">
          {trans.__('%1 of %2', count(matching), count(all))}
        </span>
        <button
          type="button"
          className="jp-DaskHpc-Button"
          aria-pressed={query.grouped}
          onClick={() => onQuery({ ...query, grouped: !query.grouped })}
        >
          {query.grouped && (
            <checkIcon.react tag="span" width="14px" height="14px" />
          )}
          {trans.__('Group by reason and node')}
        </button>
      </header>
      {matching === 0 && (
        <p className="jp-DaskHpc-NoMatch">
          {all === 0 ? (
            trans.__('No jobs yet.')
          ) : (
            <>
              {trans.__('No job matches "%1".', wanted(query, trans))}{' '}
              <button type="button" className="jp-DaskHpc-Link" onClick={clear}>
                {trans.__('Clear filter')}
              </button>
            </>
          )}
        </p>
      )}
    </>
  );
}

function wanted({ state, text }: IQuery, trans: TranslationBundle): string {
  const word = state ? jobStateLabel(state, trans).toLowerCase() : '';
  return [word, text].filter(Boolean).join(' ');
}
