/** Scheduler and workers in one job: what fits, and what each worker gets. */
import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import cases from '../../tests/recorded/shares.json';
import type { Profile } from '../api/schema';
import { inLayout } from '../common/formFields';
import { compose } from '../messages/compose';
import { bothLayouts, group, profiles, withGpus } from '../testing/profiles';
import { check } from './check';
import type { Values } from './fields';
import { emptyForm } from './form';
import { valuesOf } from './formValues';
import { besideScheduler, sharesText, splits } from './shares';

const trans = nullTranslator.load('');
const none: ReadonlySet<string> = new Set();

/** A case of the table that the server's test reads too (tests/core/test_shares.py). */
interface Case {
  layout: string;
  workers: Record<string, string | number>;
  scheduler_memory?: string;
  scheduler_cpus?: number;
  nanny?: boolean;
  maximum_per_cpu?: number;
  error?: { field: string; code: string; params: Record<string, number> };
  /** Count, threads and bytes of equal workers of the first node. */
  first?: number[][];
}

/** A site with large nodes, and what is typed there. */
function form(asked: Case): [Profile, Values] {
  const site = { ...bothLayouts(), nanny: asked.nanny ?? true };
  site.scheduler_cpus = asked.scheduler_cpus ?? 1;
  const { cpus, memory, gpus } = group(
    withGpus(site).schema.properties.workers
  );
  gpus.maximum = 4;
  cpus.maximum = 256;
  memory.maximum = 2 ** 40;
  memory.minimum = 2 ** 28;
  memory.maximum_per_cpu = asked.maximum_per_cpu;
  const profile = inLayout(site, asked.layout);
  const empty = { ...emptyForm(profiles), profile };
  const values = valuesOf(empty, none);
  for (const [name, value] of Object.entries(asked.workers)) {
    values[`workers.${name}`] = String(value);
  }
  values['scheduler.memory'] = asked.scheduler_memory ?? '1G';
  return [profile, values];
}

describe('what the server refuses', () => {
  it.each(cases as unknown[] as Case[])('is wrong in the form: %j', asked => {
    const [profile, values] = form(asked);
    const errors = check(profile, values, none, none, trans);
    const wrong = asked.error && { ...asked.error, text: '' };
    expect(
      Object.entries(errors).map(([path, error]) => [path, error?.message])
    ).toEqual(wrong ? [[wrong.field, compose(wrong, trans)]] : []);
  });
});

describe('the first node', () => {
  it.each((cases as unknown[] as Case[]).filter(({ first }) => first))(
    'has the workers that the server starts: %j',
    asked => {
      const groups = besideScheduler(...form(asked)) ?? [];
      expect(
        groups.map(({ count, threads, memory }) => [count, threads, memory])
      ).toEqual(asked.first);
    }
  );

  it('is not one where the scheduler has a job of its own', () => {
    const [profile, values] = form({ layout: 'separate', workers: {} });
    expect(besideScheduler(profile, values)).toBeNull();
  });
});

const asked = (
  nodes: number,
  cpus: number,
  processes: number,
  memory: string
): Case => ({
  layout: 'one-job',
  workers: { nodes, cpus, processes, memory }
});

describe('what each worker gets', () => {
  it.each<[string[], Case]>([
    [
      [
        '2 workers a node, 3 threads and 24 GB each',
        'First node, beside the scheduler: 1 worker with 3 threads and 24 GB, 1 worker with 2 threads and 23 GB'
      ],
      asked(2, 6, 2, '48G')
    ],
    [
      ['Beside the scheduler: 5 workers with 1 thread and 2 GB'],
      asked(1, 6, 6, '12G')
    ],
    [
      ['Beside the scheduler: 1 worker with 5 threads and 11 GB'],
      asked(1, 6, 1, '12G')
    ],
    [
      [
        '1 worker a node, 1 thread and 12 GB each',
        'First node: the scheduler alone'
      ],
      asked(2, 1, 1, '12G')
    ],
    // What is wrong is said at its field.
    [[], asked(1, 1, 1, '12G')],
    [[], asked(2, 2, 3, '12G')]
  ])('is said: %j', (text, of) => {
    expect(sharesText(...form(of), trans)).toEqual(text);
  });
});

it('splits the CPUs of a node', () => {
  const labels = splits(...form(asked(2, 4, 1, '12G')), trans);
  expect(labels[0].label).toBe('One worker a node');
});
