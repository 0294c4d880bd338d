/** A field that filters or searches. Escape clears it and leaves it. */
import { searchIcon } from '@jupyterlab/ui-components';
import type { JSX, ReactNode } from 'react';

export interface ISearchFieldProps {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
  /** Enter was pressed: to the next match, or back with Shift. */
  onEnter?: (back: boolean) => void;
  className?: string;
  /** After the text, inside the field. */
  children?: ReactNode;
}

export function SearchField(props: ISearchFieldProps): JSX.Element {
  const { label, placeholder, value, onChange, onEnter } = props;
  return (
    <div className={`jp-DaskHpc-SearchField ${props.className ?? ''}`.trim()}>
      <searchIcon.react tag="span" width="14px" height="14px" />
      <input
        type="text"
        aria-label={label}
        placeholder={placeholder}
        value={value}
        onChange={event => onChange(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter' && onEnter) {
            event.preventDefault();
            onEnter(event.shiftKey);
          } else if (event.key === 'Escape') {
            onChange('');
            event.currentTarget.blur();
          }
        }}
      />
      {props.children}
    </div>
  );
}
