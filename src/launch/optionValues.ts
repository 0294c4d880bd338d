/** What stands in the options of a profile: chosen now, at the last launch, or by default. Pure. */
import type { Field, Profile } from '../api/schema';
import { defaultText, isSeveral, textOf, valuesIn } from '../common/fieldText';
import { formFields, type FieldPath } from '../common/formFields';
import { choicesOf, isOption } from '../common/options';
import type { Values } from './fields';

/** Texts of options by the name of a profile. */
export type OptionsByProfile = Readonly<Record<string, Partial<Values>>>;

export interface OptionValues {
  values: Values;
  /** Values that were chosen and are no longer offered, by field. */
  dropped: Record<FieldPath, string[]>;
}

/**
 * The text of each option: what was chosen in this form, else at the last launch, else the default; of the first
 * two only what is on offer.
 */
export function optionValues(
  profile: Profile,
  chosen: Partial<Values>,
  remembered: Partial<Values>
): OptionValues {
  const values: Values = {};
  const dropped: OptionValues['dropped'] = {};
  for (const [path, field] of Object.entries(formFields(profile))) {
    if (!isOption(path)) {
      continue;
    }
    dropped[path] = [];
    // A text that is being typed stays, and is wrong as long as it does not match.
    const typed = isText(field) ? undefined : chosen[path];
    const sources = [typed, remembered[path]];
    values[path] =
      (isText(field) ? chosen[path] : undefined) ??
      firstOffered(field, sources, dropped[path]) ??
      defaultText(field);
  }
  return { values, dropped };
}

/** Whether a text matches the pattern of its field as a whole; unknown to this page is a pattern that it cannot read. */
export function matches(field: Field, text: string): boolean {
  const pattern = field.pattern && readPattern(field.pattern);
  return !pattern || pattern.test(text);
}

/** A pattern of the server's, which has some expressions more than a browser; null for one with them. */
export function readPattern(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern);
  } catch {
    return null;
  }
}

function firstOffered(
  field: Field,
  sources: readonly (string | undefined)[],
  dropped: string[]
): string | undefined {
  for (const text of sources) {
    const wanted = isSeveral(field) ? valuesIn(text ?? '') : [text ?? ''];
    const left = wanted.filter(value => isOffered(field, value));
    dropped.push(...wanted.filter(value => value && !left.includes(value)));
    if (text !== undefined && (left.length > 0 || wanted.length === 0)) {
      return isSeveral(field) ? textOf(left) : left[0];
    }
  }
  return undefined;
}

/** Whether a value may be chosen; while what the user has is not known, any. */
function isOffered(field: Field, value: string): boolean {
  const choices = choicesOf(field);
  if (choices) {
    return choices.some(choice => choice.value === value);
  }
  return field.dynamic === true || matches(field, value);
}

/** Whether a text is typed instead of chosen. */
function isText(field: Field): boolean {
  return choicesOf(field) === null && !field.dynamic;
}
