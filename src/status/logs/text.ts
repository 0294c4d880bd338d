/**
 * The part of a log that is shown, as lines: grows at both ends, bounded in
 * memory. What a terminal would obey (colours, cursor moves) is left out.
 */
import {
  beginsTraceback,
  levelMark,
  type ILevelMark,
  type Level
} from './levels';

/** One line as it is shown. */
export interface ILine {
  /** Unique, in order of the lines. */
  readonly id: number;
  readonly text: string;
  readonly mark: ILevelMark | null;
  /** The level for which a filter shows it: every line of a traceback is error. */
  readonly level: Level | null;
  /** Counts the file's lines from some origin; see `LogText.numberOf`. */
  readonly row: number;
  /** True for the rest of a line that was broken. */
  readonly continues: boolean;
}

/** What happened to the lines: those from index `from` on are new, the first `count`, or all. */
export type TextChange =
  | { type: 'append'; from: number }
  | { type: 'prepend'; count: number }
  | { type: 'reset' };

/** Characters of a line before it is broken: an endless one must not stop the page. */
export const MAX_LINE_LENGTH = 4096;

/** Characters that are kept. */
export const MAX_CHARACTERS = 16 * 1024 ** 2;

/** Lines that are kept. */
export const MAX_LINES = 400_000;

export class LogText {
  /** @param whole whether the first text is the file's beginning. */
  constructor(whole = true) {
    this._origin = whole ? 0 : null;
  }

  get lines(): readonly ILine[] {
    return this._lines;
  }

  /** True once lines were dropped at the start to keep memory bounded. */
  get trimmed(): boolean {
    return this._trimmed;
  }

  /** True when no more can be put in front. */
  get full(): boolean {
    return (
      this._trimmed ||
      this._characters > MAX_CHARACTERS / 2 ||
      this._lines.length > MAX_LINES / 2
    );
  }

  /** How many warnings and errors there are; a traceback counts once. */
  count(level: Level): number {
    return this._counts[level];
  }

  /** The number of a line in the file; null while unknown, and for the rest of a broken line. */
  numberOf(line: ILine): number | null {
    return this._origin === null || line.continues
      ? null
      : line.row - this._origin + 1;
  }

  /** Index of the line of that number in the file; -1 when it is not here, or numbers are unknown. */
  indexOf(number: number): number {
    return this._lines.findIndex(line => this.numberOf(line) === number);
  }

  /** Add what the file has grown by. */
  append(text: string): TextChange {
    const unfinished = this._rest ? this._lines.pop() : undefined;
    if (unfinished) {
      this._forget(unfinished);
    }
    const from = this._lines.length;
    const parsed = parse(this._rest + text, this._place);
    this._rest = parsed.rest;
    this._place = parsed.place;
    for (const line of parsed.lines) {
      this._lines.push(this._keep(line, this._nextId++));
    }
    return this._trim() ? { type: 'reset' } : { type: 'append', from };
  }

  /**
   * Add what stands before.
   *
   * @param whole whether it is the file's beginning.
   */
  prepend(text: string, whole: boolean): TextChange {
    const { lines, rest, place } = parse(text, START);
    const first = this._lines[0];
    const shift = (first?.row ?? this._place.row) - place.row;
    const id = (first?.id ?? 0) - lines.length;
    if (first && (rest || place.continues)) {
      this._lines[0] = { ...first, continues: true };
    }
    const added = lines.map((line, index) =>
      this._keep({ ...line, row: line.row + shift }, id + index)
    );
    this._lines = added.concat(this._lines);
    this._origin = whole ? shift : null;
    return { type: 'prepend', count: added.length };
  }

  private _keep(line: Omit<ILine, 'id'>, id: number): ILine {
    this._characters += line.text.length;
    if (line.mark) {
      this._counts[line.mark.level]++;
    }
    return { ...line, id };
  }

  private _forget(line: ILine): void {
    this._characters -= line.text.length;
    if (line.mark) {
      this._counts[line.mark.level]--;
    }
  }

  /** Drop a quarter at the start when there is too much; whether that was so. */
  private _trim(): boolean {
    if (this._characters <= MAX_CHARACTERS && this._lines.length <= MAX_LINES) {
      return false;
    }
    let drop = 0;
    while (
      drop < this._lines.length &&
      (this._characters > MAX_CHARACTERS * 0.75 ||
        this._lines.length - drop > MAX_LINES * 0.75)
    ) {
      this._forget(this._lines[drop++]);
    }
    this._lines = this._lines.slice(drop);
    this._trimmed = true;
    return true;
  }

  private _lines: ILine[] = [];
  private _nextId = 0;
  private _origin: number | null;
  private _characters = 0;
  private _trimmed = false;
  private _counts: Record<Level, number> = { error: 0, warning: 0 };
  /** The unfinished last line as it came, and the place where it began. */
  private _rest = '';
  private _place: IPlace = START;
}

/** Where a parse goes on. */
interface IPlace {
  readonly row: number;
  readonly continues: boolean;
  readonly traceback: boolean;
  /** Level of the line that is continued. */
  readonly level: Level | null;
}

const START: IPlace = {
  row: 0,
  continues: false,
  traceback: false,
  level: null
};

/** Lines of a text; the last one, if it has no end yet, stands in `rest` as well, and `place` is its beginning. */
function parse(
  text: string,
  place: IPlace
): { lines: Omit<ILine, 'id'>[]; rest: string; place: IPlace } {
  const lines: Omit<ILine, 'id'>[] = [];
  let start = 0;
  while (start < text.length) {
    const [end, next, ended] = lineBreak(text, start);
    const { line, traceback } = read(text.slice(start, end), place);
    lines.push(line);
    if (next === null) {
      return { lines, rest: text.slice(start), place };
    }
    place = {
      row: place.row + (ended ? 1 : 0),
      continues: !ended,
      traceback,
      level: ended ? null : line.level
    };
    start = next;
  }
  return { lines, rest: '', place };
}

/**
 * Where the line that begins at `start` ends, where the next one begins (null:
 * not known yet), and whether the file ends the line there or we break it.
 */
function lineBreak(
  text: string,
  start: number
): [end: number, next: number | null, ended: boolean] {
  const limit = Math.min(text.length, start + MAX_LINE_LENGTH);
  for (let at = start; at < limit; at++) {
    const code = text.charCodeAt(at);
    if (code === 10) {
      return [at, at + 1, true];
    }
    // A lone return goes back to the line's start: progress bars write so.
    if (code === 13) {
      if (at + 1 === text.length) {
        return [at, null, false];
      }
      return text.charCodeAt(at + 1) === 10
        ? [at, at + 2, true]
        : [at, at + 1, false];
    }
  }
  if (limit === text.length) {
    return [limit, null, false];
  }
  const code = text.charCodeAt(limit - 1);
  const end = code >= 0xd800 && code < 0xdc00 ? limit - 1 : limit;
  return [end, end, false];
}

function read(
  raw: string,
  place: IPlace
): { line: Omit<ILine, 'id'>; traceback: boolean } {
  const text = plain(raw);
  const { row, continues } = place;
  if (continues) {
    const line = { text, mark: null, level: place.level, row, continues };
    return { line, traceback: place.traceback };
  }
  if (beginsTraceback(text)) {
    const line = { text, mark: null, level: 'error' as const, row, continues };
    return { line, traceback: true };
  }
  if (place.traceback) {
    const inside = /^(?:\s|$)/.test(text);
    const name = text.length - text.replace(/^[\w.]+/, '').length;
    const mark = inside ? null : { level: 'error' as const, from: 0, to: name };
    const line = { text, mark, level: 'error' as const, row, continues };
    return { line, traceback: inside };
  }
  const mark = levelMark(text);
  const line = { text, mark, level: mark?.level ?? null, row, continues };
  return { line, traceback: false };
}

/** Escape sequences of terminals: CSI, OSC, and the short ones. */
const ESCAPES =
  // eslint-disable-next-line no-control-regex
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\^_])/g;

/** A line without escape sequences; what was no text shows as such. */
function plain(raw: string): string {
  // The server writes SUBSTITUTE, one byte long, for each byte that is no UTF-8.
  const text = raw.includes('\u001a')
    ? raw.replaceAll('\u001a', '\ufffd')
    : raw;
  return text.includes('\u001b') ? text.replace(ESCAPES, '') : text;
}
