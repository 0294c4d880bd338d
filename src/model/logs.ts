/** Logs that grow: one subscription at the server for each file, shared by all who follow it. */
import { Signal } from '@lumino/signaling';
import type { Streamed } from '../api/schema';
import type { StreamRequest } from '../api/stream';
import type { ILogFollow, ILogPiece } from '../tokens';

type LogMessage = Extract<Streamed, { type: 'log' }>;

/** All logs that this browser tab follows. */
export class FollowedLogs {
  /** @param _send - sends a request to the server, or drops it while there is no connection */
  constructor(private readonly _send: (request: StreamRequest) => void) {}

  follow(id: string, file: string, offset: number): ILogFollow {
    const key = keyOf(id, file);
    let log = this._logs.get(key);
    if (!log) {
      log = new FollowedLog(id, file);
      this._logs.set(key, log);
    }
    const asked = log.offset;
    const follow = new LogFollow(log, offset, () => this._release(key));
    if (offset < asked) {
      this._send(log.request);
    }
    return follow;
  }

  receive(message: LogMessage): void {
    const log = this._logs.get(keyOf(message.id, message.file));
    if (log && !log.receive(message)) {
      // Something before this piece is missing.
      this._send(log.request);
    }
  }

  /** The server cannot read a log, or does not follow it. */
  fail(id: string, file: string, message: string, reason: string): void {
    this._logs.get(keyOf(id, file))?.fail(message, reason === 'too-many');
  }

  /** Ask for everything again: a new connection knows nothing of this tab. */
  askAgain(): void {
    for (const log of this._logs.values()) {
      log.retry();
      this._send(log.request);
    }
  }

  private _release(key: string): void {
    const log = this._logs.get(key);
    if (!log || log.follows.size > 0) {
      return;
    }
    this._logs.delete(key);
    this._send({ unwatch: 'log', id: log.id, file: log.file });
    for (const other of this._logs.values()) {
      if (other.refused) {
        other.retry();
        this._send(other.request);
      }
    }
  }

  private readonly _logs = new Map<string, FollowedLog>();
}

/** One file, and all who follow it. */
class FollowedLog {
  constructor(
    readonly id: string,
    readonly file: string
  ) {}

  readonly follows = new Set<LogFollow>();
  /** Whether the server follows too many logs already. */
  refused = false;

  /** The first byte that one of them lacks; Infinity when there is none. */
  get offset(): number {
    return Math.min(...[...this.follows].map(follow => follow.offset));
  }

  /** What asks the server for the rest. */
  get request(): StreamRequest {
    const { id, file, offset } = this;
    return { watch: 'log', id, file, offset };
  }

  /** Pass a piece on; false when something before it is missing. */
  receive(message: LogMessage): boolean {
    const bytes = encoder.encode(message.text);
    return [...this.follows]
      .map(follow => follow.receive(message, bytes))
      .every(Boolean);
  }

  fail(error: string, refused: boolean): void {
    this.refused = refused;
    this.follows.forEach(follow => follow.report(error));
  }

  retry(): void {
    if (this.refused) {
      this.refused = false;
      this.follows.forEach(follow => follow.report(''));
    }
  }
}

/** One who follows. It alone knows how far its text goes. */
class LogFollow implements ILogFollow {
  constructor(
    private readonly _log: FollowedLog,
    private _offset: number,
    private readonly _release: () => void
  ) {
    _log.follows.add(this);
  }

  readonly received = new Signal<this, ILogPiece>(this);

  /** Where the next piece begins, in bytes. */
  get offset(): number {
    return this._offset;
  }

  get refused(): boolean {
    return this._log.refused;
  }

  get isDisposed(): boolean {
    return !this._log.follows.has(this);
  }

  /** Take what is new of a piece, given as text and as its bytes; false when something before it is missing. */
  receive({ offset, size, text, restarted }: LogMessage, bytes: Uint8Array) {
    if (restarted) {
      this._offset = offset;
    }
    // Others may have asked for earlier bytes.
    const known = this._offset - offset;
    if (known < 0) {
      return false;
    }
    this._size = size;
    this._offset += Math.max(0, bytes.length - known);
    const news = known ? decoder.decode(bytes.subarray(known)) : text;
    this.received.emit({ size, text: news, restarted });
    return true;
  }

  report(error: string): void {
    const { _size: size } = this;
    this.received.emit({ size, text: '', restarted: false, error });
  }

  dispose(): void {
    if (this._log.follows.delete(this)) {
      Signal.clearData(this);
      this._release();
    }
  }

  private _size = 0;
}

function keyOf(id: string, file: string): string {
  return `${id}/${file}`;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
