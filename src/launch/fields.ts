/** The fields of the form: their paths in a request, and what they are called. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Field, Profile } from '../api/schema';

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

/** Where a fault can stand: at a typed field or at the choice of a profile. */
export type Place = FieldPath | 'profile';

/** What stands in the fields, as typed. */
export type Values = Record<FieldPath, string>;

export const PLAIN = FIELDS.slice(1, 5);
export const ADVANCED = FIELDS.slice(5);

/** Whether the server's dotted path is a place of this form. */
export function isPlace(path: string | undefined): path is Place {
  return path === 'profile' || FIELDS.some(known => known === path);
}

/** What a profile publishes about every field. */
export function leaves(profile: Profile): Record<FieldPath, Field> {
  const { workers, scheduler, ...rest } = profile.schema.properties;
  return {
    ...rest,
    'workers.jobs': workers.properties.jobs,
    'workers.memory': workers.properties.memory,
    'workers.cpus': workers.properties.cpus,
    'workers.time': workers.properties.time,
    'scheduler.memory': scheduler.properties.memory,
    'scheduler.time': scheduler.properties.time
  };
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
