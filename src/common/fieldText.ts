/** What stands in a field of the form as text, and what it means. */
import type { Field } from '../api/schema';
import {
  parseMemory,
  parseTime,
  parseWhole,
  writeMemory,
  writeTime
} from './units';

/** What a typed text means, in the field's unit; NaN when it means nothing. */
export function read(field: Field, text: string): number {
  switch (field.unit) {
    case 'bytes':
      return parseMemory(text) ?? NaN;
    case 'seconds':
      return parseTime(text) ?? NaN;
    default:
      return parseWhole(text) ?? NaN;
  }
}

/** A value in the field's unit, as people write it. */
export function write(field: Field, value: number): string {
  switch (field.unit) {
    case 'bytes':
      return writeMemory(value);
    case 'seconds':
      return writeTime(value);
    default:
      return String(value);
  }
}

/** Whether several values may be chosen. Their text has one a line. */
export function isSeveral(field: Field): boolean {
  return field.type === 'array';
}

/** The values in a text; none in an empty one. */
export function valuesIn(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

/** The text of several values. */
export function textOf(values: readonly string[]): string {
  return values.join('\n');
}

/** The text of a field in which nothing was typed. */
export function defaultText({ default: value }: Field): string {
  return Array.isArray(value) ? textOf(value) : String(value);
}
