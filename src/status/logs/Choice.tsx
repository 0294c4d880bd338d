/** A few choices side by side, one of them taken. */
import type { JSX, ReactNode } from 'react';

export interface IChoiceProps<T> {
  label: string;
  options: readonly { value: T; title: ReactNode }[];
  value: T;
  onChange: (value: T) => void;
}

export function Choice<T>(props: IChoiceProps<T>): JSX.Element {
  return (
    <div className="jp-DaskHpc-Choice" role="group" aria-label={props.label}>
      {props.options.map(({ value, title }, index) => (
        <button
          key={index}
          type="button"
          aria-pressed={value === props.value}
          onClick={() => props.onChange(value)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
