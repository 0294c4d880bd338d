import { describe, expect, it } from 'vitest';
import type { Sample } from '../../api/schema';
import {
  countTicks,
  failuresBegan,
  held,
  peak,
  perMinute,
  spread,
  stack,
  thin,
  timeTicks
} from './series';

const samples: Sample[] = [
  [1000, 10, 0, 0, 0],
  [1030, 4, 2, 4, 0],
  [1060, 0, 0, 8, 2]
];

it('stacks running, connecting, pending, failed upon one another', () => {
  expect(stack(samples).map(layer => layer[1])).toEqual([
    [0, 4],
    [4, 6],
    [6, 10],
    [10, 10]
  ]);
  expect(peak(samples)).toBe(10);
});

it('knows when jobs began to fail', () => {
  expect(failuresBegan(samples)).toBe(1060);
  expect(failuresBegan(samples.slice(0, 2))).toBeNull();
});

describe('ticks', () => {
  it.each([
    [3000, [0, 1000, 2000, 3000]],
    [4, [0, 2, 4]],
    [1, [0, 1]],
    [40, [0, 20, 40]]
  ])('are round for %i jobs', (most, ticks) => {
    expect(countTicks(most)).toEqual(ticks);
  });

  it('stand at round times of the local clock', () => {
    const from = Date.UTC(2026, 10, 21, 14, 20, 30) / 1000;
    const halfHour = 1800;
    const ticks = timeTicks(from, from + 14 * 60, halfHour);
    expect(ticks.map(tick => ((tick + halfHour) / 60) % 4)).toEqual([
      0, 0, 0, 0
    ]);
    expect(timeTicks(from, from + 3 * 86400, 0).length).toBeLessThanOrEqual(5);
  });
});

it('moves labels apart, but not out of the picture', () => {
  expect(spread([10, 12, 90], 14, 100)).toEqual([10, 24, 90]);
  expect(spread([95, 96, 97], 14, 100)).toEqual([72, 86, 100]);
});

it('thins out samples, the last always among them', () => {
  const many = Array.from({ length: 720 }, (_, i): Sample => [
    i * 10,
    0,
    0,
    i,
    0
  ]);
  expect(thin(many, 60)).toHaveLength(60);
  expect(thin(many, 60).at(-1)).toBe(many[719]);
  expect(thin(samples, 60)).toEqual(samples);
  expect(perMinute(many)).toHaveLength(120);
});

it('a count holds until the next sample, and the last one until now', () => {
  const samples: Sample[] = [
    [10, 4, 0, 0, 0],
    [20, 0, 0, 4, 0]
  ];
  expect(held(samples, 35)).toEqual([
    [10, 4, 0, 0, 0],
    [20, 4, 0, 0, 0],
    [20, 0, 0, 4, 0],
    [35, 0, 0, 4, 0]
  ]);
  expect(held(samples, 0)[3][0]).toBe(20);
});
