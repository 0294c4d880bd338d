import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import type { Job } from '../../api/schema';
import { makeJob, makeJobs, NOW } from '../../testing/samples';
import { entriesOf } from './entries';
import { ALL, arrange, countStates, type IQuery } from './arrange';

const trans = nullTranslator.load('');
const oom = (index: number, node: string) =>
  makeJob({
    index,
    node,
    state: 'failed',
    native_state: 'OUT_OF_MEMORY',
    reason: 'out of memory'
  });
const show = (jobs: Job[], query: Partial<IQuery> = {}) =>
  arrange(entriesOf(jobs), { ...ALL, ...query }, trans, NOW);
const ids = (jobs: Job[], query: Partial<IQuery>) =>
  show(jobs, query).flatMap(group => group.keys);

describe('groups', () => {
  const jobs = [
    ...makeJobs(3),
    makeJob({ index: 3, state: 'pending', reason: 'Priority', node: '' }),
    oom(4, 'n214'),
    oom(5, 'n009'),
    oom(6, 'n214'),
    makeJob({ index: 7, state: 'connecting', node: 'n087' })
  ];

  it('stand worst first, the larger one before, failures apart by node', () => {
    const seen = show(jobs).map(({ role, state, reason, node, keys }) => [
      role === 'scheduler' ? role : keys.length,
      state,
      reason,
      node
    ]);
    expect(seen).toEqual([
      [2, 'failed', 'Out of memory', 'n214'],
      [1, 'failed', 'Out of memory', 'n009'],
      [1, 'connecting', '', ''],
      [1, 'pending', 'Priority', ''],
      ['scheduler', 'running', '', 'n003'],
      [3, 'running', '', '']
    ]);
  });

  it('give way to one list, worst first all the same', () => {
    const groups = show(jobs, { grouped: false });
    expect(groups).toHaveLength(1);
    expect(groups[0].key).toBe('');
    expect(groups[0].keys.slice(0, 4)).toEqual([
      '4815162_4',
      '4815162_5',
      '4815162_6',
      '4815162_7'
    ]);
  });
});

describe('the filter', () => {
  const jobs = [...makeJobs(12), oom(12, 'n214'), oom(13, 'n21')];

  it.each([
    ['an id', '5162_11', ['4815162_11']],
    ['a node', 'N214', ['4815162_12']],
    ['a state', 'failed', ['4815162_12', '4815162_13']],
    ['a reason', 'memory', ['4815162_12', '4815162_13']],
    ['the word of the batch system', 'OUT_OF', ['4815162_12', '4815162_13']],
    ['all words given', 'failed n214', ['4815162_12']],
    ['nothing', 'n999', []]
  ])('finds %s', (_, text, found) => {
    expect(ids(jobs, { text }).sort()).toEqual(found);
  });

  it('keeps to the chosen state', () => {
    expect(ids(jobs, { state: 'failed' })).toHaveLength(2);
    expect(ids(jobs, { state: 'pending' })).toEqual([]);
  });
});

describe('order', () => {
  const jobs = [
    makeJob({
      index: 0,
      node: 'n10',
      started: NOW / 1000 - 10,
      elapsed: 0,
      memory_peak: 3
    }),
    makeJob({
      index: 1,
      node: 'n9',
      started: null,
      elapsed: 99,
      memory_peak: null
    }),
    makeJob({
      index: 2,
      node: 'n10',
      started: NOW / 1000 - 50,
      elapsed: 0,
      memory_peak: 9
    })
  ];
  const order = (query: Partial<IQuery>) =>
    ids(jobs, { grouped: false, ...query }).map(id => Number(id.at(-1)));

  it('reads numbers in names as numbers', () => {
    expect(order({ column: 'node' })).toEqual([1, 0, 2]);
  });

  it('reckons the time of a live job from its start', () => {
    expect(order({ column: 'elapsed' })).toEqual([0, 2, 1]);
  });

  it('turns around, unknown memory last then', () => {
    expect(order({ column: 'memory', descending: true })).toEqual([2, 0, 1]);
    expect(order({ column: 'id', descending: true })).toEqual([2, 1, 0]);
  });
});

it('counts workers, not the scheduler', () => {
  const counts = countStates(
    entriesOf(makeJobs(5, index => (index < 2 ? 'pending' : 'running')))
  );
  expect(counts).toMatchObject({ pending: 2, running: 3, failed: 0 });
});
