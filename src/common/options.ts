/**
 * Options of a profile that users choose: their values, what the user has of them, and the limits that a choice
 * brings to other fields. Pure.
 */
import type { Field, Profile, ProfileChoices, Request } from '../api/schema';
import { isSeveral, read, textOf, valuesIn, write } from './fieldText';
import { formFields, mapFields, type FieldPath } from './formFields';

/** What this user has, by the name of the option. */
export type Answers = ProfileChoices['options'];

/** A value that may be chosen. */
export interface OfferedValue {
  value: string;
  title: string;
}

type Limits = NonNullable<Field['limits']>[string][string];
type Texts = Readonly<Record<FieldPath, string>>;

const GROUP = 'options.';

/** Whether a field is an option of the profile. */
export function isOption(path: FieldPath): boolean {
  return path.startsWith(GROUP);
}

/** The name of an option by the path of its field. */
export function optionName(path: FieldPath): string {
  return path.slice(GROUP.length);
}

/** The values that may be chosen; null for a field in which a text is typed, and while they are not known. */
export function choicesOf(field: Field): OfferedValue[] | null {
  const values = field.items?.enum ?? field.enum;
  return (
    values?.map(value => ({ value, title: field.choices?.[value] ?? value })) ??
    null
  );
}

/** The profile with the values that this user has; an option without an answer stays as it is. */
export function withAnswers(profile: Profile, answers: Answers): Profile {
  if (Object.keys(answers).length === 0) {
    return profile;
  }
  return mapFields(profile, (field, path) => {
    const answer = answers[optionName(path)];
    // Nothing is known of what is on offer while no attempt has succeeded.
    const known = answer && (answer.choices.length > 0 || !answer.problem);
    if (!field.dynamic || !isOption(path) || !known) {
      return field;
    }
    const values = answer.choices.map(({ value }) => value);
    const titles = answer.choices.map(({ value, title }) => [value, title]);
    return {
      ...field,
      default: answer.default,
      choices: Object.fromEntries(titles) as Record<string, string>,
      ...(isSeveral(field) ? { items: { enum: values } } : { enum: values })
    };
  });
}

/**
 * The profile with the limits that choices bring: of several the smallest maximum, the largest minimum and the first
 * default, which is moved to the nearest value within. The server does the same (`narrowed` of core/chosen_options.py).
 *
 * @param chosen - what stands in the fields of the options.
 */
export function withLimits(profile: Profile, chosen: Texts): Profile {
  const brought = limitsOf(profile, chosen);
  return brought.length === 0
    ? profile
    : mapFields(profile, (field, path) => {
        const own = brought.flatMap(({ limits }) => limits[path] ?? []);
        return own.length === 0 ? field : narrowed(field, own);
      });
}

/** What stands in the fields of the options for what a request has. */
export function optionTexts(request: Request): Record<FieldPath, string> {
  const texts = Object.entries(request.options ?? {}).map(([name, chosen]) => [
    GROUP + name,
    typeof chosen === 'string' ? chosen : textOf(chosen)
  ]);
  return Object.fromEntries(texts) as Record<FieldPath, string>;
}

/** The choice that sets the minimum or maximum of a field, "QOS debug"; empty if the profile itself does. */
export function limitedBy(
  profile: Profile,
  chosen: Texts,
  path: FieldPath,
  end: 'minimum' | 'maximum'
): string {
  const limit = formFields(profile)[path][end];
  const found = limitsOf(profile, chosen).find(
    ({ limits }) => limits[path]?.[end] === limit
  );
  return found && limit !== undefined ? `${found.option} ${found.title}` : '';
}

/** The limits of each value that is chosen, in the order of the options. */
function limitsOf(
  profile: Profile,
  chosen: Texts
): { option: string; title: string; limits: Record<FieldPath, Limits> }[] {
  return Object.entries(formFields(profile)).flatMap(([path, field]) => {
    const text = chosen[path] ?? '';
    const values = valuesIn(text);
    return (values.length > 0 ? values : ['']).flatMap(value => {
      const limits = field.limits?.[value];
      const title = value || (field.choices?.[value] ?? value);
      return limits ? [{ option: field.messages.title, title, limits }] : [];
    });
  });
}

function narrowed(field: Field, limits: readonly Limits[]): Field {
  const least = Math.max(
    ...[field, ...limits].map(({ minimum }) => minimum ?? -Infinity)
  );
  const most = Math.min(
    ...[field, ...limits].map(({ maximum }) => maximum ?? Infinity)
  );
  const smallest =
    most < (field.maximum ?? Infinity) &&
    limits.find(({ maximum }) => maximum === most);
  const text = String(
    limits.find(limit => limit.default !== undefined)?.default ?? field.default
  );
  const value = read(field, text);
  const within = Math.min(Math.max(value, least), most);
  return {
    ...field,
    ...(least > -Infinity ? { minimum: least } : {}),
    ...(most < Infinity ? { maximum: most } : {}),
    // The words of the profile's own maximum are no longer true.
    ...(smallest
      ? { maximum_text: smallest.maximum_text, maximum_message: undefined }
      : {}),
    default: within === value ? text : write(field, within)
  };
}
