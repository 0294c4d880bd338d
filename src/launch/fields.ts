/** The fields of the form: their paths in a request, their values and limits, and what they are called. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Field, Profile } from '../api/schema';
import {
  parseMemory,
  parseTime,
  parseWhole,
  writeMemory,
  writeTime
} from '../common/units';

/** In the order of the form, which is also the order of the focus. */
export const FIELDS = [
  'name',
  'workers.jobs',
  'workers.memory',
  'workers.cpus',
  'workers.time',
  'scheduler.memory',
  'scheduler.time',
  'idle_timeout',
  'wait_for_running_percent',
  'python_environment'
] as const;

/** Dotted path of a field that is typed. */
export type FieldPath = (typeof FIELDS)[number];

/** Where an error can stand: at a typed field or at the choice of a profile. */
export type Place = FieldPath | 'profile';

/** What stands in the fields, as typed. */
export type Values = Record<FieldPath, string>;

export const PLAIN = FIELDS.filter(path => path.startsWith('workers.'));
export const ADVANCED = FIELDS.filter(
  path => path !== 'name' && !PLAIN.includes(path)
);

/** Whether the server's dotted path is a place of this form. */
export function isPlace(path: string | undefined): path is Place {
  return path === 'profile' || FIELDS.some(known => known === path);
}

/** What a profile publishes about every field. */
export function leaves(profile: Profile): Record<FieldPath, Field> {
  const { properties } = profile.schema;
  return Object.fromEntries(
    FIELDS.map(path => [path, valueAt(properties, path, 'properties')])
  ) as Record<FieldPath, Field>;
}

/** What stands at a dotted path; between two of its steps lies `between`, where given. */
export function valueAt(
  object: object,
  path: FieldPath,
  between?: string
): unknown {
  const steps = path
    .split('.')
    .flatMap((step, index) =>
      index > 0 && between ? [between, step] : [step]
    );
  return steps.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | undefined)?.[step],
    object
  );
}

/** What a field is called inside a sentence. */
export function namesInSentence(
  trans: TranslationBundle
): Record<FieldPath, string> {
  return {
    name: trans.__('name'),
    'workers.jobs': trans.__('worker jobs'),
    'workers.memory': trans.__('worker memory'),
    'workers.cpus': trans.__('worker CPUs'),
    'workers.time': trans.__('worker time'),
    'scheduler.memory': trans.__('scheduler memory'),
    'scheduler.time': trans.__('scheduler time'),
    idle_timeout: trans.__('idle time-out'),
    wait_for_running_percent: trans.__('share to wait for'),
    python_environment: trans.__('Python environment')
  };
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
  const other = limitingField(field);
  const typed = other ? read(fields[other], values[other]) : NaN;
  const usable = typed >= (field.minimum ?? 0) && typed <= field.maximum;
  const value = usable ? typed : field.maximum;
  return { value, text: write(field, value) };
}

/** The field whose value limits this one. */
export function limitingField(field: Field): FieldPath | undefined {
  return FIELDS.find(path => path === field.maximum_field);
}

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
