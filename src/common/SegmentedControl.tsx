/** A few choices side by side, one of them taken. */
import type { JSX, ReactNode } from 'react';
import { Button } from './Button';

export interface ISegmentedControlProps<T> {
  label: string;
  options: readonly { value: T; title: ReactNode }[];
  value: T;
  onChange: (value: T) => void;
}

export function SegmentedControl<T>(
  props: ISegmentedControlProps<T>
): JSX.Element {
  return (
    <div
      className="jp-DaskHpc-SegmentedControl"
      role="group"
      aria-label={props.label}
    >
      {props.options.map(({ value, title }, index) => (
        <Button
          key={index}
          aria-pressed={value === props.value}
          onClick={() => props.onChange(value)}
        >
          {title}
        </Button>
      ))}
    </div>
  );
}
