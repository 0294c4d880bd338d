import { describe, expect, it } from 'vitest';
import { makeJob, makeJobs } from '../../testing/samples';
import { drawSquares, extent, indexAt, inPlace, place, step } from './squares';

describe('a square', () => {
  it.each([50, 100])('is found again where it stands, %i in a row', perRow => {
    for (const index of [0, 9, 10, 49, 50, 99, 100, 1341, 2999]) {
      const { x, y } = place(index, perRow);
      expect(indexAt(x, y, perRow, 3000)).toBe(index);
      expect(indexAt(x + 6, y + 6, perRow, 3000)).toBe(index);
    }
  });

  it('is one apart from the next, and three more after ten', () => {
    const at = (index: number) => place(index, 100).x;
    expect(at(1) - at(0)).toBe(8);
    expect(at(10) - at(9)).toBe(11);
  });

  it('is none beside the others', () => {
    const { width, height } = extent(150, 100);
    expect(indexAt(width + 5, 5, 100, 150)).toBeNull();
    expect(indexAt(5, height + 5, 100, 150)).toBeNull();
    expect(indexAt(place(60, 100).x, place(100, 100).y, 100, 150)).toBeNull();
  });

  it('stays in its place when others are missing', () => {
    const workers = inPlace([
      makeJob({ index: 7 }),
      makeJob({ index: 2, state: 'failed' })
    ]);
    expect(workers).toHaveLength(8);
    const paths = drawSquares(workers, 100);
    const { x, y } = place(7, 100);
    expect(paths.running?.startsWith(`M${x} ${y}h`)).toBe(true);
    expect(paths.failed).toBeDefined();
    expect(paths.pending).toBeUndefined();
  });
});

describe('keys', () => {
  const workers = inPlace(
    makeJobs(250, index => ([30, 240].includes(index) ? 'failed' : 'running'))
  );
  it.each([
    ['ArrowRight', 5, 6],
    ['ArrowLeft', 0, 0],
    ['ArrowDown', 5, 105],
    ['ArrowDown', 205, 205],
    ['ArrowUp', 105, 5],
    ['Home', 105, 0],
    ['End', 5, 249],
    ['f', 5, 30],
    ['F', 30, 240],
    ['f', 240, 30]
  ])('%s leads from %i to %i', (key, from, to) => {
    expect(step(key, from, 100, workers)).toBe(to);
  });

  it('leave all others alone', () => {
    expect(step('a', 5, 100, workers)).toBeNull();
    expect(step('f', 1, 100, inPlace(makeJobs(3)))).toBe(1);
  });
});
