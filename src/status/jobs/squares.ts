/** The map of all workers: where a square stands, how it looks, where a key leads. No DOM in here. */
import type { Job, JobState } from '../../api/schema';

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

/** Upper left corner, in px. */
export function place(index: number, perRow: number): { x: number; y: number } {
  const column = index % perRow;
  return {
    x: MARGIN + column * STEP + Math.floor(column / 10) * BREAK,
    y: MARGIN + Math.floor(index / perRow) * STEP
  };
}

/** The index under a point, or null beside the squares. The line after a square belongs to it. */
export function indexAt(
  x: number,
  y: number,
  perRow: number,
  count: number
): number | null {
  const ten = STEP * 10 + BREAK;
  const tens = Math.floor((x - MARGIN) / ten);
  const rest = x - MARGIN - tens * ten;
  const column = tens * 10 + Math.min(9, Math.floor(rest / STEP));
  const row = Math.floor((y - MARGIN) / STEP);
  const index = row * perRow + column;
  return column >= 0 && column < perRow && row >= 0 && index < count
    ? index
    : null;
}

/** Width and height of all squares, in px. */
export function extent(
  count: number,
  perRow: number
): { width: number; height: number } {
  const last = place(Math.min(count, perRow) - 1, perRow);
  const rows = Math.ceil(count / perRow);
  return {
    width: last.x + SIZE + MARGIN,
    height: rows * STEP - 1 + 2 * MARGIN
  };
}

/** One path a state, for all its squares. */
export function drawSquares(
  workers: readonly (Job | undefined)[],
  perRow: number
): Partial<Record<JobState, string>> {
  const paths: Partial<Record<JobState, string>> = {};
  workers.forEach((job, index) => {
    if (job) {
      const { x, y } = place(index, perRow);
      paths[job.state] =
        `${paths[job.state] ?? ''}M${x} ${y}${SHAPE[job.state]}`;
    }
  });
  return paths;
}

/** Workers by index; places without one are undefined. */
export function inPlace(jobs: Iterable<Job>): (Job | undefined)[] {
  const workers: (Job | undefined)[] = [];
  for (const job of jobs) {
    if (job.role === 'worker' && job.index !== null) {
      workers[job.index] = job;
    }
  }
  return Array.from(workers);
}

/** Where a key leads from a square, or null when it is none of ours. */
export function step(
  key: string,
  from: number,
  perRow: number,
  workers: readonly (Job | undefined)[]
): number | null {
  const last = workers.length - 1;
  const within = (index: number) => (index < 0 || index > last ? from : index);
  switch (key) {
    case 'ArrowLeft':
      return within(from - 1);
    case 'ArrowRight':
      return within(from + 1);
    case 'ArrowUp':
      return within(from - perRow);
    case 'ArrowDown':
      return within(from + perRow);
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

/** The next failed one after a square, around the end; the same when there is none. */
function nextFailed(
  from: number,
  workers: readonly (Job | undefined)[]
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
