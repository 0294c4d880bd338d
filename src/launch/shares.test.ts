import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import recorded from '../../tests/recorded/dask-processes.json';
import { centre } from '../testing/profiles';
import { check } from './check';
import type { Values } from './fields';
import { emptyForm } from './form';
import { valuesOf } from './formValues';
import { profiles } from '../testing/profiles';
import { daskProcesses, sharesText, splits } from './shares';

const trans = nullTranslator.load('');
const defaults = valuesOf(emptyForm(profiles), new Set());

function job(
  cpus: string,
  processes: string,
  threads = '0',
  memory = '96G'
): Values {
  return {
    ...defaults,
    'workers.cpus': cpus,
    'workers.processes': processes,
    'workers.threads': threads,
    'workers.memory': memory
  };
}

/** The same site for larger nodes: no job field alone is over its limit. */
const nodes = structuredClone(centre);
for (const [field, maximum] of [
  ['memory', 2 ** 40],
  ['cpus', 256]
] as const) {
  const workers = nodes.schema.properties.workers;
  if ('properties' in workers) {
    workers.properties[field].maximum = maximum;
    workers.properties.memory.minimum = 2 ** 28;
  }
}

const errorsOf = (values: Values, profile = nodes) =>
  check(profile, values, new Set(), new Set(), trans);

describe('what each worker gets', () => {
  it.each([
    [['8 workers a job, 6 threads and 12 GB each'], job('48', '8')],
    [['8 workers a job, 1 thread and 12 GB each'], job('48', '8', '1')],
    [['2 workers a job, 1 thread and 512 MB each'], job('2', '2', '0', '1G')],
    [[], job('48', '1')],
    [[], job('48', '50')],
    [[], job('48', 'eight')],
    [[], job('48', '8', '7')]
  ])('is said: %s', (text, values) => {
    expect(sharesText(nodes, values, trans)).toEqual(text);
  });
});

describe('shares', () => {
  it.each([job('48', '8'), job('48', '1'), job('5', '2', '2'), job('1', '1')])(
    'that are possible have no error',
    values => {
      expect(errorsOf(values)).toEqual({});
    }
  );

  it.each([
    [
      'processes',
      job('4', '5'),
      'At most 4, since each worker needs a CPU.',
      '4'
    ],
    [
      'processes',
      job('12', '5'),
      'This does not divide the number of CPUs (12). Choose another number, or set the threads per worker.',
      '4'
    ],
    [
      'threads',
      job('12', '5', '3'),
      'At most 2: the workers of a job cannot have more threads than it has CPUs.',
      '2'
    ],
    [
      'memory',
      job('8', '8', '0', '1G'),
      'At least 2G for this number of workers per job.',
      '2G'
    ]
  ])(
    'that are not are wrong at the field of the %s',
    (field, values, message, remedy) => {
      expect(errorsOf(values)).toEqual({
        [`workers.${field}`]: { message, remedy }
      });
    }
  );

  it('are not told as wrong before each field is right', () => {
    expect(Object.keys(errorsOf(job('x', '5')))).toEqual(['workers.cpus']);
  });

  it('need a nanny', () => {
    const without = { ...nodes, nanny: false };
    expect(errorsOf(job('8', '2'), without)['workers.processes']).toEqual({
      message:
        'Several workers in a job need a nanny, which this profile turns off.',
      remedy: '1'
    });
    expect(errorsOf(job('8', '1'), without)).toEqual({});
    expect(splits(without, job('8', '1'), trans)).toEqual([]);
  });
});

it('splits a job in the usual ways', () => {
  expect(
    splits(nodes, job('12', '1'), trans).map(({ processes }) => processes)
  ).toEqual([1, 12, 4]);
  // More than a job may have.
  expect(splits(nodes, job('128', '1'), trans).map(({ name }) => name)).toEqual(
    ['job', 'dask']
  );
  expect(splits(nodes, job('1', '1'), trans)).toEqual([]);
  expect(splits(nodes, job('x', '1'), trans)).toEqual([]);
});

it("divides CPUs as distributed's own rule does", () => {
  expect(recorded.map((_, index) => daskProcesses(index + 1))).toEqual(
    recorded
  );
});
