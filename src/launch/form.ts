/** What the form holds, and how each action of the user or the server changes it. No DOM. */
import type { Profile, Profiles } from '../api/schema';
import type { FieldError } from '../common/fieldError';
import { formFields, inLayout, type FieldPath } from '../common/formFields';
import {
  isOption,
  withAnswers,
  withLimits,
  type Answers
} from '../common/options';
import type { PartialRequest } from '../tokens';
import type { FieldErrors } from './check';
import type { Place, Values } from './fields';
import { textAt } from './formRequest';
import { optionsOf } from './formValues';
import { FIRST_NAME, following, freeName, plainName } from './names';
import type { OptionsByProfile } from './optionValues';

/**
 * What was typed lies over the profile's defaults, so that another profile
 * brings its own defaults and keeps what the user chose.
 */
export interface Form {
  /** As the site offers it. */
  offered: Profile;
  /** The same with the fields of the chosen layout only, what the user has, and the limits of what is chosen. */
  profile: Profile;
  /** All but options. */
  typed: Partial<Values>;
  /** Options that were chosen here. */
  chosen: OptionsByProfile;
  /** Options of the last launch. */
  remembered: OptionsByProfile;
  /** What this user has, by the name of a profile. */
  answers: Readonly<Record<string, Answers>>;
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
  | { type: 'remembered'; options: OptionsByProfile }
  | { type: 'answered'; profile: string; answers: Answers }
  /** `denied`: why the profile that was asked for may not be used; empty if it may. */
  | {
      type: 'fill';
      profiles: Profiles;
      request: PartialRequest;
      denied: string;
    };

/** One of the profiles at least has to be open to this user. */
export function emptyForm(profiles: Profiles): Form {
  const profile = offered(profiles, profiles.default);
  return withFields({
    offered: profile,
    profile,
    typed: {},
    chosen: {},
    remembered: {},
    answers: {},
    base: FIRST_NAME,
    forScript: false,
    revealed: new Set(),
    refused: {},
    error: null
  });
}

export function reduce(form: Form, action: Action): Form {
  switch (action.type) {
    case 'typed': {
      const refused = without(form.refused, action.path);
      return withFields({ ...typedInto(form, action), refused, error: null });
    }
    case 'profile':
      return withFields({
        ...form,
        offered: action.profile,
        refused: {},
        error: null
      });
    case 'remembered':
      return withFields({ ...form, remembered: action.options });
    case 'answered': {
      const { profile, answers } = action;
      const all = { ...form.answers, [profile]: answers };
      return withFields({ ...form, answers: all });
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
      return filled(form, action);
  }
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

function typedInto(
  form: Form,
  { path, text }: { path: FieldPath; text: string }
): Form {
  if (!isOption(path)) {
    return { ...form, typed: { ...form.typed, [path]: text } };
  }
  const { name } = form.profile;
  const own = { ...form.chosen[name], [path]: text };
  return { ...form, chosen: { ...form.chosen, [name]: own } };
}

/** The form with the fields that follow from what stands in it. */
function withFields(form: Form): Form {
  const { offered, answers, typed } = form;
  const known = withAnswers(offered, answers[offered.name] ?? {});
  const profile = inLayout(known, typed.layout);
  const options = optionsOf({ ...form, profile }).values;
  return { ...form, profile: withLimits(profile, options) };
}

/** The profile of that name, or the first one, of those that this user may use. */
function offered(profiles: Profiles, name: string): Profile {
  const open = profiles.profiles.filter(each => !each.access_denied_reason);
  return open.find(each => each.name === name) ?? open[0];
}

function filled(
  { remembered, answers }: Form,
  {
    profiles,
    request,
    denied
  }: { profiles: Profiles; request: PartialRequest; denied: string }
): Form {
  const found = offered(profiles, request.profile || profiles.default);
  const typed: Partial<Values> = {};
  const options: Partial<Values> = {};
  const layout = textAt(request, 'layout') ?? undefined;
  for (const path of Object.keys(formFields(inLayout(found, layout)))) {
    const text = path === 'name' ? null : textAt(request, path);
    if (text !== null) {
      (isOption(path) ? options : typed)[path] = text;
    }
  }
  const form = withFields({
    ...emptyForm(profiles),
    offered: found,
    typed,
    chosen: { [found.name]: options },
    remembered,
    answers
  });
  // Another profile than the one that was asked for is not taken in silence.
  if (denied) {
    form.refused = { profile: { message: denied } };
  }
  const longest = formFields(form.profile).name.maxLength;
  form.base = plainName(request.name ?? '').slice(0, longest) || form.base;
  form.forScript = Boolean(form.typed.script);
  return form;
}
