/** The table's rows as heights, so that only those in sight are drawn. No DOM in here. */
import type { IGroup } from './arrange';

export const ROW = 24;
export const GROUP_ROW = 26;
/** Rows drawn beyond both edges: room for the Tab key to step into. */
const BEYOND = 6;

export type Row = { top: number } & (
  { group: IGroup; open: boolean } | { id: string }
);

/** All rows, and the height of them together in px. `closed` holds keys of groups. */
export function layRows(
  groups: readonly IGroup[],
  closed: ReadonlySet<string>
): { rows: Row[]; height: number } {
  const rows: Row[] = [];
  let top = 0;
  for (const group of groups) {
    const open = !closed.has(group.key);
    if (group.key) {
      rows.push({ top, group, open });
      top += GROUP_ROW;
    }
    if (open) {
      for (const id of group.ids) {
        rows.push({ top, id });
        top += ROW;
      }
    }
  }
  return { rows, height: top };
}

/** First and last + 1 of the rows that a window from `top`, `height` px high, touches. */
export function inSight(
  rows: readonly Row[],
  top: number,
  height: number
): [number, number] {
  const first = Math.max(0, lastStartingBy(rows, top) - BEYOND);
  const last = lastStartingBy(rows, top + height) + 1 + BEYOND;
  return [first, Math.min(rows.length, last)];
}

function lastStartingBy(rows: readonly Row[], y: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows[middle].top <= y) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}
