import { expect, it } from 'vitest';
import { inView, topsOf } from './virtualRows';

it('places rows of different heights without gaps', () => {
  expect(topsOf([26, 24, 24, 26])).toEqual([0, 26, 50, 74, 100]);
});

it('draws what is in view and a little more, never all', () => {
  const tops = topsOf(new Array<number>(3000).fill(24));
  const [first, end] = inView(tops, 24 * 1000, 240);
  expect(first).toBeLessThanOrEqual(1000);
  expect(end).toBeGreaterThanOrEqual(1011);
  expect(end - first).toBeLessThan(40);
  expect(inView(tops, 0, 240)[0]).toBe(0);
  expect(inView(tops, 1e9, 240)[1]).toBe(3000);
  expect(inView(topsOf([]), 0, 240)).toEqual([0, 0]);
});
