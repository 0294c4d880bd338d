/**
 * What is wrong with what was typed. The zod schemas are built from the schema
 * that the profile publishes, so that a limit is written in one place: the server.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { z } from 'zod';
import type { Field, Profile } from '../api/schema';
import { sentence, wholeSentence } from '../messages/compose';
import type { FieldError } from '../common/fieldError';
import { count } from '../common/format';
import { formFields, type FieldPath } from '../common/formFields';
import { isSeveral, read, valuesIn, write } from '../common/fieldText';
import { isOption, limitedBy } from '../common/options';
import { limit, type Limit, type Values } from './fields';
import { freeName, plainName } from './names';
import { matches } from './optionValues';
import { shareErrors } from './shares';

export type FieldErrors = Partial<Record<FieldPath, FieldError>>;

/**
 * Every field that is wrong.
 *
 * @param live - names of clusters that are not over: no new one may take them.
 * @param known - names that a remedy avoids.
 */
export function check(
  profile: Profile,
  values: Values,
  live: ReadonlySet<string>,
  known: ReadonlySet<string>,
  trans: TranslationBundle
): FieldErrors {
  const fields = formFields(profile);
  const errors: FieldErrors = {};
  for (const [path, field] of Object.entries(fields)) {
    if (isLeftEmpty(path, field, values[path])) {
      continue; // the server's own choice holds
    }
    const choice = (end: 'minimum' | 'maximum') =>
      limitedBy(profile, values, path, end);
    const schema = isSeveral(field)
      ? severalSchema(field, trans)
      : field.type === 'string'
        ? textSchema(path, field, trans)
        : figureSchema(field, limit(fields, path, values), choice, trans);
    const result = schema.safeParse(values[path]);
    if (!result.success) {
      const [issue] = result.error.issues;
      errors[path] = {
        message: issue.message,
        remedy: remedy(
          path,
          field,
          limit(fields, path, values),
          issue,
          values[path]
        )
      };
    }
  }
  Object.assign(errors, shareErrors(profile, values, errors, trans));
  for (const [path, error] of Object.entries(errors)) {
    if (error?.remedy !== undefined) {
      const remedied = { ...values, [path]: error.remedy };
      const others = { ...errors, [path]: undefined };
      const left = shareErrors(profile, remedied, others, trans)[path];
      error.remedy = left ? left.remedy : error.remedy;
    }
  }
  const name = values.name.trim();
  if (!errors.name && live.has(name)) {
    errors.name = {
      message: sentence(trans, 'name.exists', { name }),
      remedy: freeName(
        name,
        new Set([...live, ...known]),
        fields.name.maxLength
      )
    };
  }
  return errors;
}

/**
 * What stands under a field: `max 3,000`, `max 32G`; nothing where there is no limit.
 *
 * @param choice - the option that brings the limit, "QOS debug"; empty for none.
 */
export function limitText(
  field: Field,
  trans: TranslationBundle,
  choice = ''
): string {
  const most =
    (field.maximum_note &&
      `${field.maximum_text ?? count(field.maximum ?? 0)}, ${field.maximum_note}`) ??
    field.maximum_message ??
    field.maximum_text ??
    (field.maximum === undefined ? '' : count(field.maximum));
  if (most && choice) {
    return trans.__('max %1 (%2)', most, choice);
  }
  return most && trans.__('max %1', most);
}

function isLeftEmpty(path: FieldPath, field: Field, text: string): boolean {
  return field.type === 'string' && !isOption(path) && text.trim() === '';
}

function severalSchema(field: Field, trans: TranslationBundle): z.ZodType {
  const maximum = field.maxItems ?? Infinity;
  return z
    .string()
    .transform(valuesIn)
    .pipe(
      z
        .array(z.string())
        .max(maximum, sentence(trans, 'option.too-many', { maximum }))
    );
}

function textSchema(
  path: FieldPath,
  field: Field,
  trans: TranslationBundle
): z.ZodType {
  let schema = z.string().trim();
  if (field.maxLength !== undefined) {
    schema = schema.max(
      field.maxLength,
      sentence(trans, 'field.too-long', { maximum: field.maxLength })
    );
  }
  if (isOption(path)) {
    // Without what the server has put around the expression of the profile.
    const pattern = (field.pattern ?? '').replace(/^\^\(\?:(.*)\)\$$/, '$1');
    return schema.refine(text => matches(field, text), {
      error: sentence(trans, 'option.no-match', { pattern })
    });
  }
  if (field.pattern !== undefined) {
    schema = schema.regex(new RegExp(field.pattern), {
      error: issue =>
        /\s/.test(String(issue.input))
          ? sentence(trans, 'name.spaces', {})
          : sentence(trans, 'name.characters', {})
    });
  }
  return schema;
}

function figureSchema(
  field: Field,
  most: Limit | null,
  choice: (end: 'minimum' | 'maximum') => string,
  trans: TranslationBundle
): z.ZodType {
  const least = field.minimum ?? 0;
  const words = sentences(field, least, most, trans);
  const [shortest, longest] = [choice('minimum'), choice('maximum')];
  if (shortest) {
    words.tooSmall = trans.__(
      '%1: at least %2.',
      shortest,
      write(field, least)
    );
  }
  if (longest && most && most.value === field.maximum) {
    words.tooLarge = trans.__('%1: at most %2.', longest, most.text);
  }
  return z
    .string()
    .transform(text => read(field, text))
    .pipe(
      z
        .number(words.unreadable)
        .min(least, words.tooSmall)
        .max(most?.value ?? Infinity, words.tooLarge)
    );
}

function sentences(
  field: Field,
  least: number,
  most: Limit | null,
  trans: TranslationBundle
): { unreadable: string; tooSmall: string; tooLarge: string } {
  const minimum = least;
  const maximum = most?.value ?? Infinity;
  if (field.unit === 'bytes') {
    return {
      unreadable: sentence(trans, 'field.memory-unreadable', {}),
      tooSmall: sentence(trans, 'field.size-too-small', { minimum }),
      tooLarge: sentence(trans, 'field.size-too-large', { maximum })
    };
  }
  if (field.unit === 'seconds') {
    return {
      unreadable: sentence(trans, 'field.time-unreadable', {}),
      tooSmall: sentence(trans, 'field.time-too-short', { minimum }),
      tooLarge: field.maximum_field
        ? sentence(trans, 'field.time-over-scheduler-time', { maximum })
        : sentence(trans, 'field.time-too-long', { maximum })
    };
  }
  const whole = wholeSentence(least, most?.value ?? null, trans);
  return { unreadable: whole, tooSmall: whole, tooLarge: whole };
}

function remedy(
  path: FieldPath,
  field: Field,
  most: Limit | null,
  issue: z.core.$ZodIssue,
  typed: string
): string | undefined {
  switch (issue.code) {
    case 'too_big':
      return most?.text;
    case 'too_small':
      return write(field, field.minimum ?? 0);
    case 'invalid_format':
      return (path === 'name' && plainName(typed)) || undefined;
    default:
      return undefined;
  }
}
