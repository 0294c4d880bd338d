import { describe, expect, it } from 'vitest';
import type { Job } from '../../api/schema';
import {
  makeJob,
  makeJobs,
  makeOneJob,
  makeShared
} from '../../testing/samples';
import { entriesOf } from './entries';
import { drawSquares, indexAt, inPlace, layoutOf, step } from './squares';

const workersOf = (jobs: Job[]) => inPlace(entriesOf(jobs));
const layout = (count: number, perRow: number) =>
  layoutOf(workersOf(makeJobs(count)), perRow);

describe('a square', () => {
  it.each([50, 100])('is found again where it stands, %i in a row', perRow => {
    const all = layout(3000, perRow);
    for (const index of [0, 9, 10, 49, 50, 99, 100, 1341, 2999]) {
      const { x, y } = all.places[index];
      expect([x, y]).toEqual([
        3 + (index % perRow) * 8 + Math.floor((index % perRow) / 10) * 3,
        3 + Math.floor(index / perRow) * 8
      ]);
      expect(indexAt(x, y, all)).toBe(index);
      expect(indexAt(x + 6, y + 6, all)).toBe(index);
    }
  });

  it('is one apart from the next, and three more after ten', () => {
    const { places } = layout(20, 100);
    const at = (index: number) => places[index].x;
    expect(at(1) - at(0)).toBe(8);
    expect(at(10) - at(9)).toBe(11);
  });

  it('is none beside the others', () => {
    const some = layout(150, 100);
    const { width, height, places } = some;
    expect(indexAt(width + 5, 5, some)).toBeNull();
    expect(indexAt(5, height + 5, some)).toBeNull();
    expect(indexAt(places[60].x, places[100].y, some)).toBeNull();
  });

  it('stays in its place when others are missing', () => {
    const workers = workersOf([
      makeJob({ index: 7 }),
      makeJob({ index: 2, state: 'failed' })
    ]);
    expect(workers).toHaveLength(8);
    const all = layoutOf(workers, 100);
    const paths = drawSquares(workers, all);
    const { x, y } = all.places[7];
    expect(paths.running?.startsWith(`M${x} ${y}h`)).toBe(true);
    expect(paths.failed).toBeDefined();
    expect(paths.pending).toBeUndefined();
  });
});

describe('keys', () => {
  const workers = workersOf(
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
    expect(step(key, from, layoutOf(workers, 100), workers)).toBe(to);
  });

  it('leave all others alone', () => {
    expect(step('a', 5, layoutOf(workers, 100), workers)).toBeNull();
    expect(step('f', 1, layout(3, 100), workersOf(makeJobs(3)))).toBe(1);
  });
});

describe('the workers of a job', () => {
  /** Index of the first square of each row. */
  const rowsOf = (jobs: number, processes: number, perRow: number) => {
    const { places } = layoutOf(workersOf(makeShared(jobs, processes)), perRow);
    return places.flatMap(({ y }, index) =>
      index === 0 || y !== places[index - 1].y ? [index] : []
    );
  };

  it('stand together, with a gap before the next job', () => {
    const { places } = layoutOf(workersOf(makeShared(3, 4)), 100);
    expect(places.map(({ x }) => x - 3)).toEqual([
      0, 8, 16, 24, 35, 43, 51, 59, 70, 78, 86, 94
    ]);
  });

  it('stand by nodes where all run in one job', () => {
    const { places } = layoutOf(workersOf(makeOneJob(2, 2)), 100);
    expect(places.map(({ x }) => x - 3)).toEqual([0, 8, 19, 27]);
  });

  it('are not broken over two rows, unless they are more than a row', () => {
    expect(rowsOf(5, 16, 50)).toEqual([0, 48]);
    expect(rowsOf(2, 64, 50)).toEqual([0, 50, 64, 114]);
    expect(rowsOf(30, 100, 50).length).toBe(60);
  });

  it('are no wider than squares of workers alone', () => {
    for (const processes of [2, 3, 7, 16, 100]) {
      const shared = layoutOf(workersOf(makeShared(40, processes)), 50);
      expect(shared.width).toBeLessThanOrEqual(layout(3000, 50).width);
    }
  });

  it('are reached by the keys, in the next row the nearest', () => {
    const workers = workersOf(makeShared(5, 16));
    const all = layoutOf(workers, 50);
    expect(step('ArrowDown', 2, all, workers)).toBe(50);
    expect(step('ArrowUp', 50, all, workers)).toBe(2);
    expect(step('ArrowDown', 47, all, workers)).toBe(79);
  });
});
