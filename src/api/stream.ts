/**
 * The one websocket of a tab. It stays connected: a gap in the numbers, a
 * lost connection or silence begins anew, with the full state first.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import { refusalText, streamed, type Streamed } from './schema';
import { misfit, NAMESPACE } from './server';

/** What a tab asks for: `docs/contract.md`, "Stream". */
export type StreamRequest =
  | { watch: 'jobs'; id: string }
  | { watch: 'log'; id: string; file: string; offset: number }
  | { unwatch: 'jobs'; id: string }
  | { unwatch: 'log'; id: string; file: string };

/** Milliseconds before the first new attempt, and at most. */
const FIRST = 500;
const LONGEST = 30_000;
/** In a tab that nobody sees. */
const LONGEST_HIDDEN = 120_000;

/**
 * Milliseconds without a word, of which the server says one every 10 s, after
 * which a connection is lost: one that died while the computer slept, or behind
 * a firewall, is never closed.
 */
const SILENCE = 25_000;

export class Stream implements IDisposable {
  constructor(
    private readonly _trans: TranslationBundle,
    private readonly _settings = ServerConnection.makeSettings(),
    private readonly _silence = SILENCE
  ) {
    window.addEventListener('online', this._hurry);
    window.addEventListener('offline', this._lose);
    document.addEventListener('visibilitychange', this._hurry);
    this._connect();
  }

  /** Emitted for every message, in order and without gaps. */
  get received(): ISignal<this, Streamed> {
    return this._received;
  }

  /** Emitted when `connected` or `trouble` changes. */
  get statusChanged(): ISignal<this, void> {
    return this._statusChanged;
  }

  /** Whether the full state has arrived and changes follow. */
  get connected(): boolean {
    return this._connected;
  }

  /** Why it is not connected, in one sentence; empty while it is, or has only begun to try. */
  get trouble(): string {
    return this._trouble;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Lost if not connected: everything has to be asked for again after each full state. */
  send(request: StreamRequest): void {
    if (this._connected) {
      this._socket?.send(JSON.stringify(request));
    }
  }

  dispose(): void {
    if (this._disposed) {
      return;
    }
    this._disposed = true;
    window.removeEventListener('online', this._hurry);
    window.removeEventListener('offline', this._lose);
    document.removeEventListener('visibilitychange', this._hurry);
    clearTimeout(this._timer);
    clearTimeout(this._guard);
    this._drop();
    Signal.clearData(this);
  }

  private _connect(): void {
    const { wsUrl, appendToken, token, WebSocket } = this._settings;
    let url = URLExt.join(wsUrl, NAMESPACE, 'stream');
    if (appendToken && token !== '') {
      url += `?token=${encodeURIComponent(token)}`;
    }
    this._next = 0;
    this._timer = undefined;
    const socket = new WebSocket(url);
    socket.onmessage = event => this._read(String(event.data));
    socket.onclose = this._lose;
    this._socket = socket;
    this._listen();
  }

  /** From now on it may be silent for so long, while it connects as well. */
  private _listen(): void {
    this._heard = Date.now();
    clearTimeout(this._guard);
    this._guard = setTimeout(this._lose, this._silence);
  }

  private _read(text: string): void {
    this._listen();
    const parsed = streamed.safeParse(JSON.parse(text));
    if (!parsed.success) {
      console.error('A message does not fit the contract', parsed.error);
      this._fail(misfit(parsed.error, this._trans));
      return;
    }
    const { data } = parsed;
    const message =
      data.type === 'error'
        ? { ...data, message: refusalText(data, this._trans) }
        : data;
    if (message.seq !== this._next) {
      this._fail(this._lost());
      return;
    }
    this._next++;
    if (message.type === 'state') {
      this._attempts = 0;
      this._tell(true, '');
    }
    this._received.emit(message);
  }

  private readonly _lose = (): void => this._fail(this._lost());

  private _lost(): string {
    return this._trans.__(
      'The connection to the notebook server is lost. Trying again.'
    );
  }

  private _fail(trouble: string): void {
    if (this._disposed || this._timer !== undefined) {
      return;
    }
    this._drop();
    clearTimeout(this._guard);
    const longest = document.hidden ? LONGEST_HIDDEN : LONGEST;
    const wait = Math.min(longest, FIRST * 2 ** this._attempts++);
    // Jitter: a restarted server is not met by all tabs at once.
    this._timer = setTimeout(
      () => this._connect(),
      wait * (0.5 + Math.random() / 2)
    );
    this._tell(false, trouble);
  }

  /** Try at once: the tab is seen again, or the computer online. */
  private readonly _hurry = (): void => {
    // While a computer sleeps, timers stand still and clocks do not.
    if (Date.now() - this._heard > this._silence) {
      this._lose();
    }
    if (this._timer !== undefined && !document.hidden) {
      clearTimeout(this._timer);
      this._connect();
    }
  };

  private _drop(): void {
    const socket = this._socket;
    if (socket) {
      this._socket = null;
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private _tell(connected: boolean, trouble: string): void {
    if (connected !== this._connected || trouble !== this._trouble) {
      this._connected = connected;
      this._trouble = trouble;
      this._statusChanged.emit();
    }
  }

  private _socket: WebSocket | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _guard: ReturnType<typeof setTimeout> | undefined;
  private _heard = 0;
  private _attempts = 0;
  private _next = 0;
  private _connected = false;
  private _trouble = '';
  private _disposed = false;
  private readonly _received = new Signal<this, Streamed>(this);
  private readonly _statusChanged = new Signal<this, void>(this);
}
