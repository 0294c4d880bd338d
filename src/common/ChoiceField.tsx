import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import { type JSX, useId } from 'react';
import type { FieldError } from './fieldError';
import { Labelled, Note } from './FormField';

interface Props {
  trans: TranslationBundle;
  /** Dotted path, by which a form finds it again. */
  name: string;
  label: string;
  help: string;
  value: string;
  /** The text of each value. */
  choices: Record<string, string>;
  error?: FieldError;
  onChoose: (value: string) => void;
}

/** A field with few values, one of which is chosen. */
export function ChoiceField(props: Props): JSX.Element {
  const { trans, name, label, help, value, choices, error, onChoose } = props;
  const id = useId();
  return (
    <Labelled id={id} name={name} label={label} help={help}>
      <div className="jp-DaskHpc-Select">
        <HTMLSelect
          id={id}
          name={name}
          defaultStyle={false}
          iconProps={{ top: '6px', right: '6px' }}
          value={value}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-note`}
          onChange={event => onChoose(event.target.value)}
        >
          {Object.entries(choices).map(([choice, text]) => (
            <option key={choice} value={choice}>
              {text}
            </option>
          ))}
        </HTMLSelect>
      </div>
      <Note id={`${id}-note`} trans={trans} error={error} limit={help} />
    </Labelled>
  );
}
