import { expect, it } from 'vitest';
import type { IGroup } from './arrange';
import { inSight, layRows } from './rows';

const group = (key: string, jobs: number): IGroup => ({
  key,
  role: 'worker',
  state: 'running',
  reason: '',
  node: '',
  ids: Array.from({ length: jobs }, (_, i) => `${key}${i}`)
});

it('lays out group rows and job rows without gaps', () => {
  const { rows, height } = layRows(
    [group('a', 2), group('b', 1000)],
    new Set()
  );
  expect(rows.map(({ top }) => top).slice(0, 5)).toEqual([0, 26, 50, 74, 100]);
  expect(height).toBe(2 * 26 + 1002 * 24);
});

it('leaves out the rows of a closed group, and the head of the only list', () => {
  expect(
    layRows([group('a', 5), group('b', 1)], new Set(['a'])).rows
  ).toHaveLength(3);
  expect(layRows([group('', 5)], new Set()).rows).toHaveLength(5);
});

it('draws what is in sight and a little more, never all', () => {
  const { rows } = layRows([group('', 3000)], new Set());
  const [first, end] = inSight(rows, 24 * 1000, 240);
  expect(first).toBeLessThanOrEqual(1000);
  expect(end).toBeGreaterThanOrEqual(1011);
  expect(end - first).toBeLessThan(40);
  expect(inSight(rows, 0, 240)[0]).toBe(0);
  expect(inSight(rows, 1e9, 240)[1]).toBe(3000);
  expect(inSight([], 0, 240)).toEqual([0, 0]);
});
