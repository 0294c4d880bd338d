/** Messages of `docs/contract.md` in the user's language. */
import {
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { z } from 'zod';
import { clock, count, duration } from '../common/format';
import { writeMemory, writeTime } from '../common/units';
import { CATALOGUE, type ITemplate } from './catalogue';
import { locale } from './locale';

const wireMessage = z.object({
  code: z.string(),
  params: z.record(z.string(), z.unknown()),
  /** The English sentence. */
  text: z.string()
});

/** A message as the server sends it. */
export type Message = z.infer<typeof wireMessage>;

let trans = nullTranslator.load('');

/** From now on messages that arrive are composed in this language. */
export function setTranslation(translation: TranslationBundle): void {
  trans = translation;
}

/** What the server sends as a message arrives as its sentence. An older server sends the English one alone. */
export const message = z.union([
  z.string(),
  wireMessage.transform(message => compose(message, trans))
]);

/** A message or null, which arrives as an empty text. */
export const optionalMessage = message.nullable().transform(text => text ?? '');

export type Code = keyof typeof CATALOGUE;

type Value<Kind> = Kind extends 'message'
  ? Message
  : Kind extends 'text' | 'moment'
    ? string
    : Kind extends 'list' | 'and' | 'or'
      ? readonly string[]
      : number;

export type Params<C extends Code> = {
  [Name in keyof (typeof CATALOGUE)[C]['kinds']]: Value<
    (typeof CATALOGUE)[C]['kinds'][Name]
  >;
};

/** The sentence of a code of the catalogue. */
export function sentence<C extends Code>(
  trans: TranslationBundle,
  code: C,
  params: Params<C>
): string {
  return fill(CATALOGUE[code], params, trans) ?? '';
}

/** What has to stand in a field for a whole number; without a limit `maximum` is null. */
export function wholeSentence(
  minimum: number,
  maximum: number | null,
  trans: TranslationBundle
): string {
  return maximum === null
    ? sentence(trans, 'field.number-too-small', { minimum })
    : sentence(trans, 'field.number-out-of-range', { minimum, maximum });
}

/** The sentence of a message; its English text where this page does not know the code or its parameters. */
export function compose(message: Message, trans: TranslationBundle): string {
  const { code, params, text } = message;
  return Object.hasOwn(CATALOGUE, code)
    ? (fill(CATALOGUE[code as Code], params, trans) ?? text)
    : text;
}

/** The text of a template; null when a parameter is not of its kind. */
function fill(
  template: ITemplate,
  params: Message['params'],
  trans: TranslationBundle
): string | null {
  const written: Record<string, string> = {};
  for (const [name, kind] of Object.entries(template.kinds)) {
    const text = WRITE[kind](params[name], trans);
    if (text === null) {
      return null;
    }
    written[name] = text;
  }
  const counted = template.by === undefined ? 0 : params[template.by];
  const many = Array.isArray(counted) ? counted.length : Number(counted);
  return template
    .text(trans, many)
    .replace(/\{(\w+)\}/g, (place, name: string) => written[name] ?? place);
}

type Write = (value: unknown, trans: TranslationBundle) => string | null;

function text(write: (value: string) => string): Write {
  return value => (typeof value === 'string' ? write(value) : null);
}

function number(write: (value: number) => string): Write {
  return value => (typeof value === 'number' ? write(value) : null);
}

function list(write: (items: string[]) => string): Write {
  return value =>
    Array.isArray(value) && value.every(item => typeof item === 'string')
      ? write(value)
      : null;
}

function joined(type: 'conjunction' | 'disjunction'): Write {
  return list(items => new Intl.ListFormat(locale(), { type }).format(items));
}

/** How a parameter of each kind is shown; null for a value that is none. */
const WRITE: Record<string, Write> = {
  text: text(value => value),
  message: (value, trans) => {
    const { data } = wireMessage.safeParse(value);
    return data ? compose(data, trans) : null;
  },
  number: number(count),
  bytes: number(writeMemory),
  time: number(writeTime),
  duration: number(duration),
  moment: text(value => clock(Date.parse(value), Date.now())),
  list: list(items => items.join(', ')),
  and: joined('conjunction'),
  or: joined('disjunction')
};
