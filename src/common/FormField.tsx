import { useId, useRef, type JSX, type ReactNode } from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Button } from './Button';
import type { FieldError } from './fieldError';
import { failIcon, warnIcon } from './icons';

interface NoteProps {
  id: string;
  trans: TranslationBundle;
  error?: FieldError;
  /** Stands there while nothing is wrong. */
  limit?: string;
  /** What the user has to know besides. */
  notices?: readonly string[];
  onRemedy?: (value: string) => void;
}

/** Under a field: its limit, or in the same place what is wrong with it. */
export function Note(props: NoteProps): JSX.Element {
  const { id, error, limit, notices = [] } = props;
  return (
    <div id={id}>
      {error ? (
        <ErrorNote {...props} error={error} />
      ) : (
        <div className="jp-DaskHpc-FormField-limit">{limit}</div>
      )}
      {notices.map(notice => (
        <div key={notice} className="jp-DaskHpc-FormField-error">
          <warnIcon.react tag="span" className="jp-DaskHpc-FormField-icon" />
          <span>{notice}</span>
        </div>
      ))}
    </div>
  );
}

function ErrorNote(props: NoteProps & { error: FieldError }): JSX.Element {
  const { trans, error, onRemedy } = props;
  const { message, remedy, detail } = error;
  return (
    <div className="jp-DaskHpc-FormField-error">
      <failIcon.react tag="span" className="jp-DaskHpc-FormField-icon" />
      <span>
        {message}{' '}
        {remedy !== undefined && onRemedy && (
          <Button
            look="link"
            onMouseDown={keepFocus}
            onClick={() => onRemedy(remedy)}
          >
            {trans.__('Use %1', remedy)}
          </Button>
        )}
        {detail && <code className="jp-DaskHpc-BatchDetail">{detail}</code>}
      </span>
    </div>
  );
}

interface FieldProps {
  trans: TranslationBundle;
  /** Dotted path, by which a form finds it again. */
  name: string;
  label: string;
  help: string;
  value: string;
  placeholder?: string;
  /** Whether whole numbers are typed. */
  whole: boolean;
  limit?: string;
  error?: FieldError;
  notices?: readonly string[];
  onType: (text: string) => void;
  onLeave: () => void;
}

export function FormField(props: FieldProps): JSX.Element {
  const { trans, name, label, help, limit, error, onType } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  return (
    <Labelled id={id} name={name} label={label} help={help}>
      <input
        ref={input}
        id={id}
        name={name}
        type="text"
        className="jp-mod-styled"
        inputMode={props.whole ? 'numeric' : undefined}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={props.value}
        placeholder={props.placeholder}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        onChange={event => onType(event.target.value)}
        onBlur={props.onLeave}
      />
      <Note
        id={`${id}-note`}
        trans={trans}
        error={error}
        limit={limit}
        notices={props.notices}
        onRemedy={value => {
          onType(value);
          // The link goes away with the error, and would take the focus along.
          input.current?.focus();
        }}
      />
    </Labelled>
  );
}

export function Labelled(props: {
  id: string;
  name: string;
  label: string;
  help?: string;
  children: ReactNode;
}): JSX.Element {
  return (
    <div className="jp-DaskHpc-FormField" data-field={props.name}>
      <label htmlFor={props.id} title={props.help}>
        {props.label}
      </label>
      {props.children}
    </div>
  );
}

/**
 * For buttons: pressing one does not yet leave the field that has the focus. Else
 * an error that shows when the field is left would move the button away under the pointer.
 */
export function keepFocus(event: { preventDefault: () => void }): void {
  event.preventDefault();
}
