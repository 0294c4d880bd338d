/** The map of all workers: where a square stands, how it looks, where a key leads. No DOM in here. */
import type { JobState } from '../../api/schema';
import type { IEntry } from './entries';

const SIZE = 7;
const STEP = 8;
const BREAK = 3;
/** Room around the squares for the frame of the chosen one. */
export const MARGIN = 3;

/**
 * One square as a path from its upper left corner, holes by the even-odd rule:
 * one path a state, not one element a job, draws thousands at stream speed.
 */
const SHAPE: Record<JobState, string> = {
  pending: 'h7v7h-7zm1 1h5v5h-5z',
  connecting: 'h7v7h-7zm1 1h5v2h-5z',
  running: 'h7v7h-7z',
  ending: 'h7v7h-7zm1 1h5v2h-5zm0 3h5v2h-5z',
  ended: 'm2 2h3v3h-3z',
  failed:
    'h7v7h-7zm2.1 1.2l1.4 1.4 1.4-1.4 .9 .9-1.4 1.4 1.4 1.4-.9 .9-1.4-1.4-1.4 1.4-.9-.9 1.4-1.4-1.4-1.4z'
};

/** Where the squares stand, in px: the upper left corner of each. */
export interface ILayout {
  places: readonly { x: number; y: number }[];
  width: number;
  height: number;
}

/**
 * Squares stand in blocks with a gap between two: the workers of a job, or of one of its nodes, or
 * ten workers that have jobs of their own. Only a block of more than a row is broken.
 *
 * @param perRow - squares that fit into a row in blocks of ten.
 */
export function layoutOf(
  workers: readonly (IEntry | undefined)[],
  perRow: number
): ILayout {
  const right = MARGIN + widthOf(perRow);
  const places: { x: number; y: number }[] = [];
  let [x, y] = [MARGIN, MARGIN];
  const startRow = () => {
    [x, y] = [MARGIN, y + STEP];
  };
  for (const length of blocksOf(workers)) {
    const size = length * STEP - (STEP - SIZE);
    if (x > MARGIN && x + size > right) {
      startRow();
    }
    for (let i = 0; i < length; i++) {
      if (i > 0 && i % perRow === 0) {
        startRow();
      }
      places.push({ x, y });
      x += STEP;
    }
    x += BREAK;
    if (length > perRow && places.length < workers.length) {
      startRow();
      y += BREAK;
    }
  }
  const width = Math.max(0, ...places.map(({ x }) => x + SIZE)) + MARGIN;
  return { places, width, height: y + SIZE + MARGIN };
}

/** In px, of so many squares in blocks of ten. */
function widthOf(perRow: number): number {
  return perRow * STEP - (STEP - SIZE) + Math.floor((perRow - 1) / 10) * BREAK;
}

/** Lengths of the blocks, in order. */
function blocksOf(workers: readonly (IEntry | undefined)[]): number[] {
  const shared = workers.some(entry => entry?.job.workers);
  const blocks: number[] = [];
  workers.forEach((entry, index) => {
    const begins = shared
      ? // Workers of a job have one log; where it has several nodes, those of a node.
        index === 0 ||
        entry?.job !== workers[index - 1]?.job ||
        entry?.log !== workers[index - 1]?.log
      : index % 10 === 0;
    if (begins) {
      blocks.push(1);
    } else {
      blocks[blocks.length - 1]++;
    }
  });
  return blocks;
}

/** The index under a point, or null beside the squares. The gap after a square belongs to it. */
export function indexAt(
  x: number,
  y: number,
  { places }: ILayout
): number | null {
  const found = places.findIndex((place, index) => {
    const next = places[index + 1];
    const end = next?.y === place.y ? next.x : place.x + STEP;
    return y >= place.y && y < place.y + STEP && x >= place.x && x < end;
  });
  return found < 0 ? null : found;
}

/** One path a state, for all its squares. */
export function drawSquares(
  workers: readonly (IEntry | undefined)[],
  { places }: ILayout
): Partial<Record<JobState, string>> {
  const paths: Partial<Record<JobState, string>> = {};
  workers.forEach((entry, index) => {
    if (entry) {
      const { state } = entry;
      const { x, y } = places[index];
      paths[state] = `${paths[state] ?? ''}M${x} ${y}${SHAPE[state]}`;
    }
  });
  return paths;
}

/** Workers by index; places without one are undefined. */
export function inPlace(entries: Iterable<IEntry>): (IEntry | undefined)[] {
  const workers: (IEntry | undefined)[] = [];
  for (const entry of entries) {
    if (entry.role === 'worker' && entry.index !== null) {
      workers[entry.index] = entry;
    }
  }
  return Array.from(workers);
}

/** Where a key leads from a square, or null when it is none of ours. */
export function step(
  key: string,
  from: number,
  { places }: ILayout,
  workers: readonly (IEntry | undefined)[]
): number | null {
  const last = workers.length - 1;
  const within = (index: number) => (index < 0 || index > last ? from : index);
  switch (key) {
    case 'ArrowLeft':
      return within(from - 1);
    case 'ArrowRight':
      return within(from + 1);
    case 'ArrowUp':
      return inRow(from, -1, places);
    case 'ArrowDown':
      return inRow(from, 1, places);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'f':
    case 'F':
      return nextFailed(from, workers);
    default:
      return null;
  }
}

/** The square above or below one: the nearest of that row; the same where there is none. */
function inRow(from: number, by: 1 | -1, places: ILayout['places']): number {
  const here = places[from] ?? places[0];
  const rows = places.map(({ y }) => y).filter(y => (y - here.y) * by > 0);
  const y = by > 0 ? Math.min(...rows) : Math.max(...rows);
  const far = (index: number) => Math.abs(places[index].x - here.x);
  return places.reduce(
    (best, place, index) =>
      place.y === y && (best === from || far(index) < far(best)) ? index : best,
    from
  );
}

/** The next failed one after a square, around the end; the same when there is none. */
function nextFailed(
  from: number,
  workers: readonly (IEntry | undefined)[]
): number {
  const count = workers.length;
  for (let ahead = 1; ahead <= count; ahead++) {
    const index = (from + ahead) % count;
    if (workers[index]?.state === 'failed') {
      return index;
    }
  }
  return from;
}
