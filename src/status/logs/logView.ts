/** An open log in its editor: what of it is shown, searched and followed. */
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { LogEditor } from './editor';
import type { Level } from './levels';
import { findMatches, matchFrom, saysTheSame, type IMatch } from './matches';
import type { OpenLog } from './openLog';
import type { ILine, TextChange } from './text';

/** A place to show: a line's number, 0 where unknown, and its text. */
export interface ILineTarget {
  line: number;
  text?: string;
}

/** What to show: a line, or the matches of a search. */
export type Target = ILineTarget | { search: string };

export class LogView implements IDisposable {
  constructor(
    readonly log: OpenLog,
    parent: HTMLElement,
    label: string
  ) {
    this._editor = new LogEditor({
      parent,
      label,
      numberOf: line => log.text.numberOf(line),
      onLeaveEnd: () => this.setFollowing(false)
    });
    log.changed.connect(this._onChange, this);
    this._opening = log.open();
  }

  /** Only lines of this level are shown; all for null. */
  get level(): Level | null {
    return this._level;
  }

  get query(): string {
    return this._query;
  }

  get matches(): readonly IMatch[] {
    return this._matches;
  }

  /** Index of the current match; -1 for none. */
  get current(): number {
    return this._current;
  }

  get following(): boolean {
    return this._following;
  }

  /** Lines that came since the end was left. */
  get unseen(): number {
    if (this._following) {
      return 0;
    }
    const { lines } = this._editor;
    let at = lines.length;
    while (at > 0 && lines[at - 1].id > this._seen) {
      at--;
    }
    return lines.length - at;
  }

  /** Emitted after any change of the above, or of the log. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
      this.log.dispose();
      this._editor.dispose();
    }
  }

  setLevel(level: Level | null): void {
    this._level = level;
    this._showAll();
    this._changed.emit();
  }

  setQuery(query: string): void {
    this._query = query;
    this._matches = findMatches(this._editor.lines, query);
    const first = matchFrom(this._matches, this._editor.top);
    this._goTo(this._matches.length ? first : -1);
  }

  /** To the next match, or the one before; around at the ends. */
  step(by: 1 | -1): void {
    const { length } = this._matches;
    if (length) {
      this._goTo((this._current + by + length) % length);
    }
  }

  setFollowing(following: boolean): void {
    if (following === this._following) {
      return;
    }
    this._following = following;
    this._seen = this._editor.lines.at(-1)?.id ?? -1;
    if (following) {
      this._editor.scrollToEnd();
    }
    this._changed.emit();
  }

  /** Search for a text, or show a place, once the log is read that far. False when a place is not there. */
  async show(target: Target): Promise<boolean> {
    await this._opening;
    if ('search' in target) {
      if (!this._isDisposed) {
        this.setQuery(target.search);
      }
      return true;
    }
    let index = this._find(target);
    while (index < 0 && this.log.hasEarlier && !this._isDisposed) {
      const before = this.log.text.lines.length;
      await this.log.showEarlier();
      if (this.log.text.lines.length === before) {
        break;
      }
      index = this._find(target);
    }
    if (index < 0 || this._isDisposed) {
      return false;
    }
    const line = this.log.text.lines[index];
    this.setFollowing(false);
    if (!this._isShown(line)) {
      this.setLevel(null);
    }
    this._editor.reveal(this._editor.lines.indexOf(line));
    return true;
  }

  private _find({ line, text }: ILineTarget): number {
    const index = line > 0 ? this.log.text.indexOf(line) : -1;
    return index < 0 && text
      ? this.log.text.lines.findIndex(each => saysTheSame(each.text, text))
      : index;
  }

  private _isShown = (line: ILine): boolean =>
    this._level === null || line.level === this._level;

  private _goTo(match: number): void {
    this._current = match;
    this._editor.setMatches(this._matches, match);
    if (match >= 0) {
      this.setFollowing(false);
      this._editor.reveal(this._matches[match].line, this._matches[match]);
    }
    this._changed.emit();
  }

  private _onChange(log: OpenLog, change: TextChange): void {
    const { lines } = log.text;
    if (change.type === 'append') {
      const last = lines[change.from - 1]?.id ?? -Infinity;
      const first = this._editor.append(
        lines.slice(change.from).filter(this._isShown),
        last
      );
      this._searchFrom(first);
    } else if (change.type === 'prepend') {
      const added = lines.slice(0, change.count).filter(this._isShown);
      this._editor.prepend(added);
      this._matches = this._matches.map(match => ({
        ...match,
        line: match.line + added.length
      }));
      const before = findMatches(added, this._query);
      this._matches = [...before, ...this._matches];
      this._current += this._current < 0 ? 0 : before.length;
      this._editor.setMatches(this._matches, this._current);
    } else {
      this._showAll();
    }
    if (this._following) {
      this._editor.scrollToEnd();
    }
    this._changed.emit();
  }

  private _showAll(): void {
    const top = this._editor.lines[this._editor.top]?.id;
    const shown = this.log.text.lines.filter(this._isShown);
    this._editor.show(shown);
    this._searchFrom(0);
    if (this._following) {
      this._editor.scrollToEnd();
    } else if (top !== undefined) {
      this._editor.scrollTo(shown.findIndex(line => line.id >= top));
    }
  }

  private _searchFrom(first: number): void {
    if (!this._query) {
      return;
    }
    const remaining = this._matches.filter(match => match.line < first);
    const more = findMatches(this._editor.lines, this._query, first);
    this._matches = remaining.concat(more);
    this._current = Math.min(this._current, this._matches.length - 1);
    this._editor.setMatches(this._matches, this._current);
  }

  private readonly _editor: LogEditor;
  private readonly _opening: Promise<void>;
  private readonly _changed = new Signal<this, void>(this);
  private _isDisposed = false;
  private _level: Level | null = null;
  private _query = '';
  private _matches: readonly IMatch[] = [];
  private _current = -1;
  private _following = true;
  private _seen = -1;
}
