/** What the form holds, and how each action of the user or the server changes it. No DOM. */
import type { Profile, Profiles } from '../api/schema';
import type { FieldError } from '../common/fieldError';
import { parseWhole } from '../common/units';
import { formFields, inLayout, type FieldPath } from '../common/formFields';
import type { PartialRequest } from '../tokens';
import type { FieldErrors } from './check';
import { limit, read, valueAt, type Place, type Values } from './fields';
import { FIRST_NAME, following, freeName, plainName } from './names';

/**
 * What was typed lies over the profile's defaults, so that another profile
 * brings its own defaults and keeps what the user chose.
 */
export interface Form {
  /** As the site offers it. */
  offered: Profile;
  /** The same with the fields of the chosen layout only. */
  profile: Profile;
  typed: Partial<Values>;
  /** The offered name grows from it. */
  base: string;
  /** Whether it was opened for a script, whose field then stands first. */
  forScript: boolean;
  /** Fields whose errors are shown: those that were wrong when one was left, or at Launch. */
  revealed: ReadonlySet<FieldPath>;
  /** What the server refused, each until its field changes. */
  refused: Partial<Record<Place, FieldError>>;
  /** What the server refused for no field's sake. */
  error: FieldError | null;
}

export type Action =
  | { type: 'typed'; path: FieldPath; text: string }
  | { type: 'profile'; profile: Profile }
  | { type: 'reveal'; errors: FieldErrors }
  | { type: 'sent' }
  | { type: 'refused'; place: Place; error: FieldError }
  | { type: 'failed'; error: FieldError }
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
    ...withFields(offered(profiles, profiles.default), {}),
    typed: {},
    base: FIRST_NAME,
    forScript: false,
    revealed: new Set(),
    refused: {},
    error: null
  };
}

export function reduce(form: Form, action: Action): Form {
  switch (action.type) {
    case 'typed': {
      const typed = { ...form.typed, [action.path]: action.text };
      const refused = without(form.refused, action.path);
      const fields = withFields(form.offered, typed);
      return { ...form, ...fields, typed, refused, error: null };
    }
    case 'profile': {
      const fields = withFields(action.profile, form.typed);
      return { ...form, ...fields, refused: {}, error: null };
    }
    case 'reveal': {
      const wrong = Object.keys(action.errors);
      return wrong.every(path => form.revealed.has(path))
        ? form
        : { ...form, revealed: new Set([...form.revealed, ...wrong]) };
    }
    case 'sent':
      return { ...form, refused: {}, error: null };
    case 'refused':
      return { ...form, refused: { [action.place]: action.error } };
    case 'failed':
      return { ...form, error: action.error };
    case 'launched': {
      // A script is not run again by the next launch.
      const typed = { ...form.typed, name: undefined, script: undefined };
      const longest = formFields(form.profile).name.maxLength;
      const base = following(action.name, longest);
      return { ...form, typed, base, forScript: false, revealed: new Set() };
    }
    case 'fill':
      return filled(action.profiles, action.request, action.denied);
  }
}

/** What stands in the fields. */
export function valuesOf(form: Form, known: ReadonlySet<string>): Values {
  const fields = formFields(form.profile);
  const values: Values = {};
  for (const [path, field] of Object.entries(fields)) {
    values[path] = form.typed[path] ?? String(field.default);
  }
  values.name = form.typed.name ?? offeredName(form, known);
  const gpus = parseWhole(values['workers.gpus'] ?? '') ?? 0;
  if (gpus > 0 && form.typed['workers.processes'] === undefined) {
    values['workers.processes'] = String(gpus); // each GPU gets a worker
  }
  // A default gives way to the field that limits it; what was typed does not.
  for (const [path, field] of Object.entries(fields)) {
    const most = field.maximum_field && limit(fields, path, values);
    if (
      most &&
      form.typed[path] === undefined &&
      read(field, values[path]) > most.value
    ) {
      values[path] = most.text;
    }
  }
  return values;
}

/** The name that a cluster gets when the user types none. */
export function offeredName(form: Form, known: ReadonlySet<string>): string {
  return freeName(form.base, known, formFields(form.profile).name.maxLength);
}

/** Whether a field holds something else than its default. */
export function isChanged(form: Form, path: FieldPath): boolean {
  const typed = form.typed[path];
  const standard = String(formFields(form.profile)[path].default);
  return typed !== undefined && typed.trim() !== standard;
}

/** The errors to show: what the server refused, and the own ones that were revealed. */
export function shownErrors(
  form: Form,
  errors: FieldErrors
): Partial<Record<Place, FieldError>> {
  const own = Object.entries(errors).filter(([path]) =>
    form.revealed.has(path)
  );
  return { ...form.refused, ...Object.fromEntries(own) };
}

/** The request that stands in the form; only for values without an error. */
export function buildRequest(
  form: Form,
  known: ReadonlySet<string>,
  workspace: string
): PartialRequest {
  const values = valuesOf(form, known);
  const request: Record<string, unknown> = {
    profile: form.profile.name,
    workspace
  };
  for (const [path, field] of Object.entries(formFields(form.profile))) {
    const text = values[path].trim();
    const value = field.type === 'integer' ? read(field, text) : text;
    const [group, leaf] = path.split('.');
    request[group] = leaf
      ? { ...(request[group] as object), [leaf]: value }
      : value;
  }
  request.name ||= offeredName(form, known);
  return request as PartialRequest;
}

/** The action that an error of the server makes. */
export function refusal(
  form: Form,
  error: { message: string; reason?: string; field?: string; detail?: string },
  name: string,
  known: ReadonlySet<string>
): Action {
  const { message, reason, field, detail } = error;
  const places = ['profile', ...Object.keys(formFields(form.profile))];
  if (field === undefined || !places.includes(field)) {
    return { type: 'failed', error: { message, detail } };
  }
  const remedy =
    reason === 'exists' ? freeName(name, new Set([...known, name])) : undefined;
  return { type: 'refused', place: field, error: { message, detail, remedy } };
}

function without<K extends string, V>(
  record: Partial<Record<K, V>>,
  key: K
): Partial<Record<K, V>> {
  return { ...record, [key]: undefined };
}

function withFields(
  offered: Profile,
  typed: Partial<Values>
): Pick<Form, 'offered' | 'profile'> {
  return { offered, profile: inLayout(offered, typed.layout) };
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
  const found = offered(profiles, request.profile || profiles.default);
  const layout = valueAt(request, 'layout');
  const typed = typeof layout === 'string' ? { layout } : {};
  Object.assign(form, withFields(found, typed));
  // Another profile than the one that was asked for is not taken in silence.
  if (denied) {
    form.refused = { profile: { message: denied } };
  }
  for (const path of Object.keys(formFields(form.profile))) {
    const value = path === 'name' ? undefined : valueAt(request, path);
    if (typeof value === 'string' || typeof value === 'number') {
      form.typed[path] = String(value);
    }
  }
  const longest = formFields(form.profile).name.maxLength;
  form.base = plainName(request.name ?? '').slice(0, longest) || form.base;
  form.forScript = Boolean(form.typed.script);
  return form;
}
