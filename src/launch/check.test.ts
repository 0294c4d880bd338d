import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import type { FieldError } from '../common/fieldError';
import { formFields, type FieldPath } from '../common/formFields';
import { centre, profiles } from '../testing/profiles';
import { check, limitText } from './check';
import type { Values } from './fields';
import { emptyForm } from './form';
import { valuesOf } from './formValues';

const trans = nullTranslator.load('');
const none: ReadonlySet<string> = new Set();
const defaults = valuesOf(emptyForm(profiles), none);

function errorsOf(typed: Values) {
  return check(centre, { ...defaults, ...typed }, none, none, trans);
}

function errorOf(path: FieldPath, text: string): FieldError | undefined {
  const { [path]: error, ...others } = errorsOf({ [path]: text });
  expect(others).toEqual({});
  return error;
}

describe('check', () => {
  it('finds nothing wrong with the defaults', () => {
    expect(errorsOf({})).toEqual({});
  });

  it.each<[FieldPath, string]>([
    ['name', 'survey_3-k'],
    ['name', ''],
    ['workers.jobs', '3000'],
    ['workers.jobs', '3,000'],
    ['workers.jobs', ' 4 '],
    ['workers.memory', '3072M'],
    ['workers.memory', '1.5 GiB'],
    ['workers.memory', '32G'],
    ['workers.time', '2h'],
    ['workers.time', '1h30m'],
    ['workers.time', '90:00'],
    ['workers.time', '08:00:00'],
    ['idle_timeout', '8h'],
    ['wait_for_running_percent', '0'],
    ['wait_for_running_percent', '100'],
    ['python_environment', '/home/ada/my env']
  ])('takes %s %j', (path, text) => {
    expect(errorOf(path, text)).toBeUndefined();
  });

  const whole = 'A whole number from 1 to 3,000.';
  const memory = 'Write 3G or 3072M.';
  const time = 'Write 02:00:00, 2h or 1-00:00:00.';
  it.each<[FieldPath, string, string, string?]>([
    [
      'name',
      'halo masses',
      'No spaces: use letters, digits, - or _.',
      'halo-masses'
    ],
    ['name', '../x', 'Use letters, digits, - or _.', 'x'],
    ['name', '日本', 'Use letters, digits, - or _.'],
    ['name', 'n'.repeat(300), 'At most 40 characters.'],
    ['workers.jobs', '', whole],
    ['workers.jobs', 'four', whole],
    ['workers.jobs', '1.5', whole],
    ['workers.jobs', '1e3', whole],
    ['workers.jobs', '3,00', whole],
    ['workers.jobs', '0', whole, '1'],
    ['workers.jobs', '-4', whole, '1'],
    ['workers.jobs', '3001', whole, '3000'],
    ['workers.memory', '', memory],
    ['workers.memory', '3', memory],
    ['workers.memory', '3X', memory],
    ['workers.memory', '-3G', memory],
    ['workers.memory', '0G', 'At least 1M.', '1M'],
    ['workers.memory', '48G', 'At most 32G.', '32G'],
    ['workers.memory', '32769M', 'At most 32G.', '32G'],
    ['workers.time', '', time],
    ['workers.time', '2', time],
    ['workers.time', 'soon', time],
    ['workers.time', '01:75:00', time],
    ['workers.time', '0s', 'At least 00:01:00.', '00:01:00'],
    ['workers.time', '1-00:00:00', 'At most 08:00:00.', '08:00:00'],
    ['wait_for_running_percent', '101', 'A whole number from 0 to 100.', '100']
  ])('refuses %s %j: %s', (path, text, message, remedy) => {
    expect(errorOf(path, text)).toEqual({ message, remedy });
  });

  it('limits the idle time-out by what is typed as scheduler time', () => {
    expect(errorsOf({ 'scheduler.time': '1h', idle_timeout: '2h' })).toEqual({
      idle_timeout: {
        message: 'At most the scheduler time, 01:00:00.',
        remedy: '01:00:00'
      }
    });
    const unreadable = { 'scheduler.time': 'x', idle_timeout: '9h' };
    expect(errorsOf(unreadable).idle_timeout?.remedy).toBe('08:00:00');
  });

  it('offers the next name for one that a living cluster has', () => {
    const errors = check(
      centre,
      { ...defaults, name: 'demo' },
      new Set(['demo']),
      new Set(['demo', 'demo-2']),
      trans
    );
    expect(errors).toEqual({
      name: { message: 'demo exists already.', remedy: 'demo-3' }
    });
  });

  it('offers only remedies that are right themselves', () => {
    const texts = ['0', '99999', '0G', '9T', '0:00', '99-00:00:00', 'a b', '%'];
    for (const path of Object.keys(formFields(centre))) {
      for (const text of texts) {
        const remedy = errorsOf({ [path]: text })[path]?.remedy;
        if (remedy !== undefined) {
          expect(errorsOf({ [path]: remedy })[path]).toBeUndefined();
        }
      }
    }
  });

  it('takes every limit from the published schema', () => {
    const fields = structuredClone(centre);
    formFields(fields)['workers.memory'].maximum = 2 ** 31;
    const errors = check(fields, defaults, none, none, trans);
    expect(errors).toEqual({
      'workers.memory': { message: 'At most 2G.', remedy: '2G' }
    });
  });
});

it('says the limit as the site writes it', () => {
  const fields = Object.values(formFields(centre));
  expect(fields.map(field => limitText(field, trans))).toEqual([
    '',
    'max 3,000',
    'max 32G',
    'max 32',
    'max 08:00:00',
    'max 64',
    'max 256',
    'max 32G',
    'max 08:00:00',
    'max scheduler time',
    'max 100',
    '',
    ''
  ]);
});
