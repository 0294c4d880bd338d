/**
 * One log that is open: its end first, earlier pieces on demand, and what it
 * grows by. No DOM.
 */
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { IClusterModel, ILogFollow, ILogPiece } from '../../tokens';
import { LogText, type TextChange } from './text';

/** Bytes that are read at once. */
export const WINDOW = 2 * 1024 ** 2;

/** How far to look for the first whole line of a piece. */
const HEAD = 64 * 1024;

export class OpenLog implements IDisposable {
  constructor(
    private readonly model: IClusterModel,
    readonly id: string,
    readonly file: string
  ) {}

  get text(): LogText {
    return this._text;
  }

  /** Bytes of the whole file. */
  get size(): number {
    return this._size;
  }

  /** What kept it from being read; empty for nothing. */
  get error(): string {
    return this._error;
  }

  /** Whether what it grows by will be shown: false while the server follows too many logs already. */
  get followed(): boolean {
    return !this._follow?.refused;
  }

  /** False until the first answer. */
  get opened(): boolean {
    return this._opened;
  }

  /** True where the file has more in front that can be shown. */
  get hasEarlier(): boolean {
    return this._start > 0 && !this._text.full;
  }

  /** True where the file has more in front, whether it can be shown or not. */
  get hasMore(): boolean {
    return this._start > 0 || this._text.trimmed;
  }

  get changed(): ISignal<this, TextChange> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._follow?.dispose();
    Signal.clearData(this);
  }

  /** Read the end of the log and follow it from there. */
  async open(): Promise<void> {
    this._follow?.dispose();
    this._follow = null;
    const turn = ++this._turn;
    let end = 0;
    try {
      const { bytes, size } = await this.read(-WINDOW, WINDOW);
      if (turn !== this._turn || this._isDisposed) {
        return;
      }
      const start = Math.max(0, size - WINDOW);
      const head = start ? wholeLines(bytes) : 0;
      const tail = wholeCharacters(bytes);
      this._begin(start + head, decode(bytes.subarray(head, tail)));
      end = start + tail;
      this._size = Math.max(size, end);
      this._error = '';
    } catch (error) {
      if (turn !== this._turn || this._isDisposed) {
        return;
      }
      this._begin(0, '');
      this._size = 0;
      this._error = messageOf(error);
    }
    this._opened = true;
    this._changed.emit({ type: 'reset' });
    this._watch(end);
  }

  /** Read one piece more in front. */
  async showEarlier(): Promise<void> {
    if (!this.hasEarlier || this._loading) {
      return;
    }
    const turn = this._turn;
    this._loading = true;
    try {
      const start = Math.max(0, this._start - WINDOW);
      const { bytes } = await this.read(start, this._start - start);
      if (turn !== this._turn || this._isDisposed) {
        return;
      }
      const head = start ? wholeLines(bytes) : 0;
      const text = decode(bytes.subarray(head));
      this._start = start + head;
      this._changed.emit(this._text.prepend(text, this._start === 0));
    } catch (error) {
      this._error = messageOf(error);
      this._changed.emit({ type: 'append', from: this._text.lines.length });
    } finally {
      this._loading = false;
    }
  }

  private read(offset: number, length: number) {
    return this.model.readLog(this.id, this.file, offset, length);
  }

  private _begin(start: number, text: string): void {
    // What is being read belongs to the file as it was.
    this._turn++;
    this._start = start;
    this._text = new LogText(start === 0);
    this._text.append(text);
  }

  private _watch(offset: number): void {
    this._follow = this.model.followLog(this.id, this.file, offset);
    this._follow.received.connect(this._receive, this);
  }

  private _receive(follow: ILogFollow, piece: ILogPiece): void {
    if (this._isDisposed || follow !== this._follow) {
      return;
    }
    if (piece.error !== undefined) {
      this._error = piece.error;
      this._changed.emit({ type: 'append', from: this._text.lines.length });
      return;
    }
    this._error = '';
    this._size = piece.size;
    if (piece.restarted) {
      this._begin(0, piece.text);
      this._changed.emit({ type: 'reset' });
    } else {
      this._changed.emit(this._text.append(piece.text));
    }
  }

  private _text = new LogText();
  private _start = 0;
  private _size = 0;
  private _turn = 0;
  private _error = '';
  private _opened = false;
  private _loading = false;
  private _isDisposed = false;
  private _follow: ILogFollow | null = null;
  private readonly _changed = new Signal<this, TextChange>(this);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** Where the first whole line begins; in one endless line, the first whole character. */
export function wholeLines(bytes: Uint8Array): number {
  const newline = bytes.subarray(0, HEAD).indexOf(10);
  if (newline >= 0) {
    return newline + 1;
  }
  let at = 0;
  while (at < 3 && (bytes[at] & 0xc0) === 0x80) {
    at++;
  }
  return at;
}

/** Where the last whole character ends: the file may be in the middle of one. */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) !== 0x80) {
      const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
      return needs > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
