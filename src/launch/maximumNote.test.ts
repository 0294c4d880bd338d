/** What belongs to a maximum stands beside it. */
import { nullTranslator } from '@jupyterlab/translation';
import { expect, it } from 'vitest';
import { formFields } from '../common/formFields';
import { centre } from '../testing/profiles';
import { limitText } from './check';

const trans = nullTranslator.load('');

it.each([
  ['workers.memory', '3968M per CPU', 'max 32G, 3968M per CPU'],
  ['workers.jobs', 'at most 10 at once', 'max 3,000, at most 10 at once']
] as const)('is said with that of %s', (path, note, text) => {
  const field = formFields(centre)[path];
  expect(limitText({ ...field, maximum_note: note }, trans)).toBe(text);
});
