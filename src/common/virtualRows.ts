/** Thousands of rows in a box that scrolls, of which only those in view are drawn. */
import {
  useCallback,
  useMemo,
  useRef,
  useState,
  type RefObject,
  type UIEvent
} from 'react';
import { useSize } from './useSize';

/** Rows drawn beyond both edges: room for the Tab key to step into. */
const OVERSCAN = 6;
/** The height in px that is assumed until the box is laid out. */
const DEFAULT_HEIGHT = 600;

/** A row that is drawn. */
export interface IDrawnRow<Row> {
  row: Row;
  /** Among all rows. */
  index: number;
  /** Distance in px from the top of all rows. */
  top: number;
}

export interface IVirtualRows<Row> {
  /** For the box that scrolls. */
  box: RefObject<HTMLDivElement>;
  /** Height of all rows in px. */
  height: number;
  drawn: IDrawnRow<Row>[];
  /** For the box that scrolls. */
  onScroll: (event: UIEvent<HTMLElement>) => void;
  /** Scroll a row into view; an index beyond the rows does nothing. */
  reveal: (index: number) => void;
  /** Rows that the box has room for, by the height of the first one. */
  page: number;
}

/** @param heightOf - height of a row in px; a constant function. */
export function useVirtualRows<Row>(
  rows: readonly Row[],
  heightOf: (row: Row) => number
): IVirtualRows<Row> {
  const box = useRef<HTMLDivElement>(null);
  const visible = useSize(box).height || DEFAULT_HEIGHT;
  const [scrolled, setScrolled] = useState(0);
  const tops = useMemo(() => topsOf(rows.map(heightOf)), [rows, heightOf]);
  const [first, end] = inView(tops, scrolled, visible);

  const onScroll = useCallback(
    (event: UIEvent<HTMLElement>) => setScrolled(event.currentTarget.scrollTop),
    []
  );
  const reveal = useCallback(
    (index: number) => {
      const [top, bottom] = [tops[index], tops[index + 1]];
      const element = box.current;
      if (!element || top === undefined || bottom === undefined) {
        return;
      }
      if (top < element.scrollTop) {
        element.scrollTop = top;
      } else if (bottom > element.scrollTop + element.clientHeight) {
        element.scrollTop = bottom - element.clientHeight;
      }
    },
    [tops]
  );
  return {
    box,
    height: tops[rows.length],
    drawn: rows
      .slice(first, end)
      .map((row, i) => ({ row, index: first + i, top: tops[first + i] })),
    onScroll,
    reveal,
    page: rows.length ? Math.floor(visible / heightOf(rows[0])) : 0
  };
}

/** Where each row begins in px, and at last where all end. */
export function topsOf(heights: readonly number[]): number[] {
  const tops = [0];
  for (const height of heights) {
    tops.push(tops[tops.length - 1] + height);
  }
  return tops;
}

/** First and last + 1 of the rows to draw for a view that begins at `from` and is `height` px high. */
export function inView(
  tops: readonly number[],
  from: number,
  height: number
): [number, number] {
  const rows = tops.length - 1;
  const first = Math.max(0, lastBeginningBy(tops, from) - OVERSCAN);
  const end = lastBeginningBy(tops, from + height) + 1 + OVERSCAN;
  return [Math.min(rows, first), Math.min(rows, end)];
}

function lastBeginningBy(tops: readonly number[], y: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle] <= y) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}
