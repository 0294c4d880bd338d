import type { TranslationBundle } from '@jupyterlab/translation';
import { type JSX, type ReactNode, useId, useState } from 'react';
import type { FieldError } from './fieldError';
import { Note } from './FormField';
import type { OfferedValue } from './options';
import { SearchField } from './SearchField';

/** From so many values on there is a filter. */
const MANY = 9;

interface Props {
  trans: TranslationBundle;
  /** Dotted path, by which a form finds it again. */
  name: string;
  label: string;
  help: string;
  values: readonly string[];
  choices: readonly OfferedValue[];
  /** In place of choices, where there are none. */
  empty: string;
  /** Whether the choices are being asked for. */
  busy?: boolean;
  error?: FieldError;
  notices?: readonly string[];
  onChoose: (values: string[]) => void;
  /** Beside the label. */
  children?: ReactNode;
}

/** A field with values of which several may be chosen. */
export function SeveralField(props: Props): JSX.Element {
  const { trans, name, label, help, values, choices, error, notices } = props;
  const id = useId();
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const shown = choices.filter(({ value, title }) =>
    `${title} ${value}`.toLowerCase().includes(wanted)
  );
  const chosen = choices.filter(({ value }) => values.includes(value));

  const set = (value: string, on: boolean): void => {
    const next = chosen.filter(choice => on || choice.value !== value);
    const added = choices.filter(
      choice => next.includes(choice) || (on && choice.value === value)
    );
    props.onChoose(added.map(choice => choice.value));
  };

  return (
    <div
      className="jp-DaskHpc-FormField"
      data-field={name}
      role="group"
      aria-labelledby={`${id}-label`}
      aria-describedby={`${id}-note`}
      aria-busy={props.busy}
    >
      <div className="jp-DaskHpc-Several-head">
        <span id={`${id}-label`} className="jp-DaskHpc-Several-label">
          {label}
        </span>
        <span role="status">
          {chosen.length > 0 && trans.__('%1 chosen', chosen.length)}
        </span>
        {props.children}
      </div>
      {choices.length >= MANY && (
        <SearchField
          label={trans.__('Filter %1', label)}
          placeholder={trans.__('Filter')}
          value={filter}
          onChange={setFilter}
          // It would launch.
          onEnter={() => undefined}
        />
      )}
      <div className="jp-DaskHpc-Several-list">
        {shown.map(({ value, title }) => (
          <label key={value}>
            <input
              type="checkbox"
              name={name}
              value={value}
              aria-invalid={error !== undefined}
              checked={values.includes(value)}
              onChange={event => set(value, event.target.checked)}
            />
            <span>{title}</span>
          </label>
        ))}
        {choices.length === 0 && <span>{props.empty}</span>}
        {choices.length > 0 && shown.length === 0 && (
          <span>{trans.__('No choice matches "%1".', filter)}</span>
        )}
      </div>
      <Note
        id={`${id}-note`}
        trans={trans}
        error={error}
        // What the filter or the height of the list hides.
        limit={
          choices.length >= MANY && chosen.length > 0
            ? chosen.map(({ title }) => title).join(', ')
            : help
        }
        notices={notices}
      />
    </div>
  );
}
