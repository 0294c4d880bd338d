/** Above the table: its filter, how many match, and whether they are grouped. */
import { checkIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Button } from '../../common/Button';
import { count } from '../../common/format';
import { jobStateLabel } from '../../common/labels';
import { SearchField } from '../../common/SearchField';
import type { IQuery } from './arrange';

export interface ITableToolsProps {
  /** Id of the heading. */
  heading: string;
  query: IQuery;
  matching: number;
  all: number;
  /** Whether workers share jobs: then the table is one of workers. */
  shared: boolean;
  trans: TranslationBundle;
  onQuery: (query: IQuery) => void;
}

export function TableTools(props: ITableToolsProps) {
  const { heading, query, matching, all, shared, trans, onQuery } = props;
  const clear = () => onQuery({ ...query, text: '', state: null });
  return (
    <>
      <header>
        <h2 id={heading}>{shared ? trans.__('Workers') : trans.__('Jobs')}</h2>
        <SearchField
          label={
            shared
              ? trans.__('Filter by worker, job, node, state or reason')
              : trans.__('Filter jobs by id, node, state or reason')
          }
          placeholder={
            shared
              ? trans.__('Worker, job, node, reason')
              : trans.__('Id, node, state or reason')
          }
          value={query.text}
          onChange={text => onQuery({ ...query, text })}
        />
        <span className="jp-DaskHpc-Secondary" role="status">
          {trans.__('%1 of %2', count(matching), count(all))}
        </span>
        <Button
          icon={query.grouped ? checkIcon : undefined}
          aria-pressed={query.grouped}
          onClick={() => onQuery({ ...query, grouped: !query.grouped })}
        >
          {trans.__('Group by reason and node')}
        </Button>
      </header>
      {matching === 0 && (
        <p className="jp-DaskHpc-NoMatch">
          {all === 0 ? (
            trans.__('No jobs yet.')
          ) : (
            <>
              {shared
                ? trans.__('No worker matches "%1".', wanted(query, trans))
                : trans.__('No job matches "%1".', wanted(query, trans))}{' '}
              <Button look="link" onClick={clear}>
                {trans.__('Clear filter')}
              </Button>
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
