import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import { type JSX, type ReactNode, useId } from 'react';
import type { FieldError } from './fieldError';
import { Labelled, Note } from './FormField';
import type { OfferedValue } from './options';

interface Props {
  trans: TranslationBundle;
  /** Dotted path, by which a form finds it again. */
  name: string;
  label: string;
  help: string;
  value: string;
  choices: readonly OfferedValue[];
  /** Whether the choices are being asked for. */
  busy?: boolean;
  notices?: readonly string[];
  error?: FieldError;
  onChoose: (value: string) => void;
  /** Beside the field. */
  children?: ReactNode;
}

/** A field with few values, one of which is chosen. */
export function ChoiceField(props: Props): JSX.Element {
  const { trans, name, label, help, value, choices, error, onChoose } = props;
  const id = useId();
  const select = (
    <div className="jp-DaskHpc-Select">
      <HTMLSelect
        id={id}
        name={name}
        defaultStyle={false}
        iconProps={{ top: '6px', right: '6px' }}
        value={value}
        aria-busy={props.busy}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        onChange={event => onChoose(event.target.value)}
      >
        {choices.map(choice => (
          <option key={choice.value} value={choice.value}>
            {choice.title}
          </option>
        ))}
      </HTMLSelect>
    </div>
  );
  return (
    <Labelled id={id} name={name} label={label} help={help}>
      {props.children ? (
        <div className="jp-DaskHpc-FormField-row">
          {select}
          {props.children}
        </div>
      ) : (
        select
      )}
      <Note
        id={`${id}-note`}
        trans={trans}
        error={error}
        limit={help}
        notices={props.notices}
      />
    </Labelled>
  );
}
