import { expect, it } from 'vitest';
import type { IGroup } from './arrange';
import { rowHeight, rowsOf } from './rows';

const group = (key: string, jobs: number): IGroup => ({
  key,
  role: 'worker',
  state: 'running',
  reason: '',
  node: '',
  keys: Array.from({ length: jobs }, (_, i) => `${key}${i}`)
});

it('has a row for each group and each of its jobs', () => {
  const rows = rowsOf([group('a', 2), group('b', 1000)], new Set());
  expect(rows.map(rowHeight).slice(0, 4)).toEqual([26, 24, 24, 26]);
  expect(rows).toHaveLength(2 + 1002);
});

it('leaves out the jobs of a closed group, and the row of the only group', () => {
  expect(rowsOf([group('a', 5), group('b', 1)], new Set(['a']))).toHaveLength(
    3
  );
  expect(rowsOf([group('', 5)], new Set())).toHaveLength(5);
});

it('has a row for the job of an entry whose details are shown', () => {
  const rows = rowsOf([group('a', 2)], new Set(), new Set(['a0', 'b7']));
  expect(rows.slice(1)).toEqual([
    { key: 'a0' },
    { jobOf: 'a0' },
    { key: 'a1' }
  ]);
  expect(rows.map(rowHeight)).toEqual([26, 24, 48, 24]);
});
