import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, describe, expect, it } from 'vitest';
import { clock, count, memory } from '../common/format';
import { parseWhole } from '../common/units';
import {
  compose,
  message as arriving,
  optionalMessage,
  sentence,
  setTranslation,
  type Message
} from './compose';
import { locale, setLanguage } from './locale';

const trans = nullTranslator.load('');
const french = {
  ...trans,
  __: (text: string) =>
    text === 'At most {maximum}.' ? '{maximum} au plus.' : text
};

const message = (change: Partial<Message>): Message => ({
  code: 'field.size-too-large',
  params: { maximum: 32 * 2 ** 30 },
  text: 'At most 32G.',
  ...change
});

// The files of the tests share their modules.
afterEach(() => setLanguage('en', ['en-US']));

describe('a message', () => {
  it('is composed by the translator', () => {
    expect(compose(message({}), trans)).toBe('At most 32G.');
    expect(compose(message({}), french)).toBe('32G au plus.');
  });

  it('is composed as it arrives; an older server sends English alone', () => {
    setTranslation(french);
    expect(arriving.parse(message({}))).toBe('32G au plus.');
    expect(arriving.parse('At most 32G.')).toBe('At most 32G.');
    setTranslation(trans);
  });

  it('may hold another, and braces in what others wrote', () => {
    const groups = { profile: 'gpu', groups: ['{ask}', 'b'] };
    const why = { code: 'access.groups', params: groups, text: 'Not you.' };
    expect(sentence(trans, 'access.ask', { why, ask: 'the {why} desk' })).toBe(
      'Profile gpu is for the groups {ask} or b. Ask: the {why} desk'
    );
  });

  it.each([
    { code: 'of.a-newer-server' },
    { code: 'toString' },
    { params: {} },
    { params: { maximum: '32G' } }
  ])('of another version is shown in English: %j', change => {
    expect(compose(message(change), french)).toBe('At most 32G.');
  });

  it('takes its form from a count', () => {
    const text = (groups: string[]) =>
      sentence(trans, 'access.groups', { profile: 'gpu', groups });
    expect(text(['a'])).toBe('Profile gpu is for the group a.');
    expect(text(['a', 'b'])).toBe('Profile gpu is for the groups a or b.');
  });
});

describe('what may be a message or null', () => {
  it('arrives as a text, empty for null and from an older server', () => {
    expect(optionalMessage.parse(null)).toBe('');
    expect(optionalMessage.parse('')).toBe('');
  });

  it('is composed with the messages in it', () => {
    const next = {
      code: 'reason.scheduler-unanswered',
      params: { batch: 'Slurm', detail: 'timed out' },
      text: ''
    };
    const first = {
      code: 'reason.not-taken',
      params: { time: 3600 },
      text: ''
    };
    const reason = {
      code: 'text.followed',
      params: { first, next },
      text: 'In English.'
    };
    expect(optionalMessage.parse(reason)).toBe(
      "The batch system has not accepted the scheduler's job for over 1 h. Launch it again. " +
        'Slurm did not answer the submission of the scheduler: "timed out"'
    );
    const newer = { ...next, code: 'of.a-newer-server', text: 'As sent.' };
    expect(
      optionalMessage.parse({
        ...reason,
        params: { first: newer, next: newer }
      })
    ).toBe('As sent. As sent.');
  });
});

describe('figures and dates', () => {
  it('follow the language of the interface, and are read as they are written', () => {
    setLanguage('fr-FR', ['en-US']);
    const written = count(3000);
    expect(written).not.toBe('3,000');
    expect([written, '3 000', '3,000', '3000'].map(parseWhole)).toEqual(
      Array(4).fill(3000)
    );
    expect(memory(2.5 * 2 ** 30)).toBe('2,5 GB');
    const noon = new Date(2026, 10, 21, 12, 5).getTime();
    expect(clock(noon, noon + 86_400_000)).toBe('21 nov., 12:05');
  });
});

it('the language of figures is that of the interface, in the variety of the browser', () => {
  setLanguage('en', ['fr-FR', 'en-GB', 'en']);
  expect(locale()).toBe('en-GB');
  setLanguage('fr-FR', ['en-US']);
  expect(locale()).toBe('fr-FR');
});
