/** What the form holds, and how each deed of the user or the server changes it. No DOM. */
import type { Profile, Profiles } from '../api/schema';
import type { Fault } from '../common/fault';
import type { PartialRequest } from '../tokens';
import { limit, read, type Faults } from './check';
import {
  FIELDS,
  isPlace,
  leaves,
  type FieldPath,
  type Place,
  type Values
} from './fields';
import { FIRST_NAME, following, freeName } from './names';

/**
 * What was typed lies over the profile's defaults, so that another profile
 * brings its own defaults and keeps what the user chose.
 */
export interface Form {
  profile: Profile;
  typed: Partial<Values>;
  /** The offered name grows from it. */
  base: string;
  /** Fields whose faults are shown: those that were wrong when one was left, or at Launch. */
  revealed: ReadonlySet<FieldPath>;
  /** What the server refused, each until its field changes. */
  refused: Partial<Record<Place, Fault>>;
  /** What the server refused for no field's sake. */
  trouble: Fault | null;
}

export type Deed =
  | { type: 'typed'; path: FieldPath; text: string }
  | { type: 'profile'; profile: Profile }
  | { type: 'reveal'; faults: Faults }
  | { type: 'sent' }
  | { type: 'refused'; place: Place; fault: Fault }
  | { type: 'trouble'; fault: Fault }
  | { type: 'launched'; name: string }
  /** `denied`: why the profile that was asked for may not be used; empty if it may. */
  | {
      type: 'fill';
      profiles: Profiles;
      request: PartialRequest;
      denied: string;
    };

/** One of the profiles at least has to be open to this user. */
export function emptyForm(profiles: Profiles): Form {
  return {
    profile: offered(profiles, profiles.default),
    typed: {},
    base: FIRST_NAME,
    revealed: new Set(),
    refused: {},
    trouble: null
  };
}

export function reduce(form: Form, deed: Deed): Form {
  switch (deed.type) {
    case 'typed': {
      const typed = { ...form.typed, [deed.path]: deed.text };
      const refused = without(form.refused, deed.path);
      return { ...form, typed, refused, trouble: null };
    }
    case 'profile':
      return { ...form, profile: deed.profile, refused: {}, trouble: null };
    case 'reveal': {
      const wrong = FIELDS.filter(path => deed.faults[path]);
      return wrong.every(path => form.revealed.has(path))
        ? form
        : { ...form, revealed: new Set([...form.revealed, ...wrong]) };
    }
    case 'sent':
      return { ...form, refused: {}, trouble: null };
    case 'refused':
      return { ...form, refused: { [deed.place]: deed.fault } };
    case 'trouble':
      return { ...form, trouble: deed.fault };
    case 'launched': {
      const typed = without(form.typed, 'name');
      const longest = leaves(form.profile).name.maxLength;
      const base = following(deed.name, longest);
      return { ...form, typed, base, revealed: new Set() };
    }
    case 'fill':
      return filled(deed.profiles, deed.request, deed.denied);
  }
}

/** What stands in the fields. */
export function valuesOf(form: Form, known: ReadonlySet<string>): Values {
  const fields = leaves(form.profile);
  const values = Object.fromEntries(
    FIELDS.map(path => [path, form.typed[path] ?? String(fields[path].default)])
  ) as Values;
  values.name = form.typed.name ?? offeredName(form, known);
  // A default gives way to the field that limits it; what was typed does not.
  for (const path of FIELDS) {
    const most = fields[path].maximum_field && limit(fields, path, values);
    if (
      most &&
      form.typed[path] === undefined &&
      read(fields[path], values[path]) > most.value
    ) {
      values[path] = most.text;
    }
  }
  return values;
}

/** The name that a cluster gets when the user types none. */
export function offeredName(form: Form, known: ReadonlySet<string>): string {
  return freeName(form.base, known, leaves(form.profile).name.maxLength);
}

/** Whether a field holds something else than its default. */
export function isChanged(form: Form, path: FieldPath): boolean {
  const typed = form.typed[path];
  const standard = String(leaves(form.profile)[path].default);
  return typed !== undefined && typed.trim() !== standard;
}

/** The faults to show: what the server refused, and the own ones that were revealed. */
export function shownFaults(
  form: Form,
  faults: Faults
): Partial<Record<Place, Fault>> {
  const own = FIELDS.filter(path => form.revealed.has(path) && faults[path]);
  return {
    ...form.refused,
    ...Object.fromEntries(own.map(path => [path, faults[path]]))
  };
}

/** The request that stands in the form; only for values without a fault. */
export function buildRequest(
  form: Form,
  known: ReadonlySet<string>,
  workspace: string
): PartialRequest {
  const fields = leaves(form.profile);
  const values = valuesOf(form, known);
  const text = (path: FieldPath): string => values[path].trim();
  const figure = (path: FieldPath): number => read(fields[path], values[path]);
  return {
    name: text('name') || offeredName(form, known),
    profile: form.profile.name,
    workspace,
    workers: {
      jobs: figure('workers.jobs'),
      memory: text('workers.memory'),
      cpus: figure('workers.cpus'),
      time: text('workers.time')
    },
    scheduler: {
      memory: text('scheduler.memory'),
      time: text('scheduler.time')
    },
    idle_timeout: text('idle_timeout'),
    wait_for_running_percent: figure('wait_for_running_percent'),
    python_environment: text('python_environment')
  };
}

/** The deed that an error of the server makes. */
export function refusal(
  error: { message: string; reason?: string; field?: string; detail?: string },
  name: string,
  known: ReadonlySet<string>
): Deed {
  const { message, reason, field, detail } = error;
  if (!isPlace(field)) {
    return { type: 'trouble', fault: { message, detail } };
  }
  const remedy =
    reason === 'exists' ? freeName(name, new Set([...known, name])) : undefined;
  return { type: 'refused', place: field, fault: { message, detail, remedy } };
}

function without<K extends string, V>(
  record: Partial<Record<K, V>>,
  key: K
): Partial<Record<K, V>> {
  return { ...record, [key]: undefined };
}

/** The profile of that name, or the first one, of those that this user may use. */
function offered(profiles: Profiles, name: string): Profile {
  const open = profiles.profiles.filter(each => !each.access_denied_reason);
  return open.find(each => each.name === name) ?? open[0];
}

function filled(
  profiles: Profiles,
  request: PartialRequest,
  denied: string
): Form {
  const form = emptyForm(profiles);
  form.profile = offered(profiles, request.profile);
  // Another profile than the one that was asked for is not taken in silence.
  if (denied) {
    form.refused = { profile: { message: denied } };
  }
  const given: Partial<Record<FieldPath, string | number>> = {
    'workers.jobs': request.workers?.jobs,
    'workers.memory': request.workers?.memory,
    'workers.cpus': request.workers?.cpus,
    'workers.time': request.workers?.time,
    'scheduler.memory': request.scheduler?.memory,
    'scheduler.time': request.scheduler?.time,
    idle_timeout: request.idle_timeout,
    wait_for_running_percent: request.wait_for_running_percent,
    python_environment: request.python_environment
  };
  for (const path of FIELDS) {
    const value = given[path];
    if (value !== undefined) {
      form.typed[path] = String(value);
    }
  }
  form.base = request.name || form.base;
  return form;
}
