/** One log that grows, resumed where it stopped when the connection was lost. */
import { Signal } from '@lumino/signaling';
import type { Wish } from '../api/stream';
import type { ILogFollow, ILogPiece } from '../tokens';

const encoder = new TextEncoder();

export class LogFollow implements ILogFollow {
  constructor(
    readonly id: string,
    readonly file: string,
    private _offset: number,
    private readonly _release: (follow: LogFollow) => void
  ) {}

  readonly received = new Signal<this, ILogPiece>(this);

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** What asks the server for the rest. */
  get wish(): Wish {
    const { id, file } = this;
    return { watch: 'log', id, file, offset: this._offset };
  }

  receive(piece: ILogPiece): void {
    // The server's text takes as many bytes as it took in the file.
    this._offset = piece.offset + encoder.encode(piece.text).length;
    this.received.emit(piece);
  }

  fail(error: string): void {
    this.received.emit({
      offset: this._offset,
      size: 0,
      text: '',
      restarted: false,
      error
    });
  }

  dispose(): void {
    if (!this._disposed) {
      this._disposed = true;
      this._release(this);
      Signal.clearData(this);
    }
  }

  private _disposed = false;
}
