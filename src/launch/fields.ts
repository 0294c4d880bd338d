/** Values of the form: where they stand in a request, and their limits. */
import type { Field } from '../api/schema';
import { read, write } from '../common/fieldText';
import type { FieldPath } from '../common/formFields';

/** Where an error can stand: the path of a field, or `profile`. */
export type Place = string;

/** What stands in the fields, as typed; of several values that are chosen one a line. */
export type Values = Record<FieldPath, string>;

/** What stands in a request at the path of a field. */
export function valueAt(request: object, path: FieldPath): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, step) => (value as Record<string, unknown> | undefined)?.[step],
      request
    );
}

/** The largest value of a field, in its unit, and as people write it. */
export interface Limit {
  value: number;
  text: string;
}

/** The limit of a field; for one that another field limits, what stands in that one. */
export function limit(
  fields: Record<FieldPath, Field>,
  path: FieldPath,
  values: Values
): Limit | null {
  const field = fields[path];
  if (field.maximum === undefined) {
    return null;
  }
  const named = field.maximum_field;
  // Where the scheduler has no job of its own, its time is that of the workers.
  const other = named && !(named in fields) ? 'workers.time' : named;
  const typed = other ? read(fields[other], values[other]) : NaN;
  const usable = typed >= (field.minimum ?? 0) && typed <= field.maximum;
  const value = usable ? typed : field.maximum;
  return { value, text: write(field, value) };
}
