/**
 * What is wrong with what was typed. The zod schemas are built from the schema
 * that the profile publishes, so that a limit is written in one place: the server.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { z } from 'zod';
import type { Field, Profile } from '../api/schema';
import { sentence, wholeSentence } from '../messages/compose';
import type { Fault } from '../common/fault';
import { count } from '../common/format';
import {
  parseMemory,
  parseTime,
  parseWhole,
  writeMemory,
  writeTime
} from '../common/units';
import {
  FIELDS,
  leaves,
  namesInSentence,
  type FieldPath,
  type Values
} from './fields';
import { freeName, plainName } from './names';

export type Faults = Partial<Record<FieldPath, Fault>>;

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
): Faults {
  const fields = leaves(profile);
  const faults: Faults = {};
  for (const path of FIELDS) {
    const field = fields[path];
    if (field.type === 'string' && values[path].trim() === '') {
      continue; // left empty, the server's own choice holds
    }
    const schema =
      field.type === 'string'
        ? textSchema(field, trans)
        : figureSchema(field, limit(fields, path, values), trans);
    const result = schema.safeParse(values[path]);
    if (!result.success) {
      const [issue] = result.error.issues;
      faults[path] = {
        message: issue.message,
        remedy: remedy(field, limit(fields, path, values), issue, values[path])
      };
    }
  }
  const name = values.name.trim();
  if (!faults.name && live.has(name)) {
    faults.name = {
      message: sentence(trans, 'name.exists', { name }),
      remedy: freeName(
        name,
        new Set([...live, ...known]),
        fields.name.maxLength
      )
    };
  }
  return faults;
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

/** What stands under a field: `max 3,000`, `max 32G`; nothing where there is no limit. */
export function limitText(field: Field, trans: TranslationBundle): string {
  const other = limitingField(field);
  if (other) {
    return trans.__('max %1', namesInSentence(trans)[other]);
  }
  const most =
    field.maximum_text ??
    (field.maximum === undefined ? '' : count(field.maximum));
  return most && trans.__('max %1', most);
}

function limitingField(field: Field): FieldPath | undefined {
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

function write(field: Field, value: number): string {
  switch (field.unit) {
    case 'bytes':
      return writeMemory(value);
    case 'seconds':
      return writeTime(value);
    default:
      return String(value);
  }
}

function textSchema(field: Field, trans: TranslationBundle): z.ZodType {
  let schema = z.string().trim();
  if (field.maxLength !== undefined) {
    schema = schema.max(
      field.maxLength,
      sentence(trans, 'field.too-long', { maximum: field.maxLength })
    );
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
  trans: TranslationBundle
): z.ZodType {
  const least = field.minimum ?? 0;
  const words = sentences(field, least, most, trans);
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
      tooLarge: limitingField(field)
        ? sentence(trans, 'field.time-over-scheduler-time', { maximum })
        : sentence(trans, 'field.time-too-long', { maximum })
    };
  }
  const whole = wholeSentence(least, most?.value ?? null, trans);
  return { unreadable: whole, tooSmall: whole, tooLarge: whole };
}

function remedy(
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
      return plainName(typed) || undefined;
    default:
      return undefined;
  }
}
