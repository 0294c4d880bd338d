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
import { schemaMismatch, NAMESPACE } from './client';

/** What a tab asks for: `docs/contract.md`, "Stream". */
export type StreamRequest =
  | { watch: 'jobs'; id: string }
  | { watch: 'log'; id: string; file: string; offset: number }
  | { unwatch: 'jobs'; id: string }
  | { unwatch: 'log'; id: string; file: string };

/** Milliseconds before the first new attempt, and at most. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
/** At most, while the tab is hidden. */
const MAX_RETRY_HIDDEN_MS = 120_000;

/**
 * Milliseconds without a word, of which the server says one every 10 s, after
 * which a connection is lost: one that died while the computer slept, or behind
 * a firewall, is never closed.
 */
const SILENCE_TIMEOUT_MS = 25_000;

export class Stream implements IDisposable {
  constructor(
    private readonly _trans: TranslationBundle,
    private readonly _settings = ServerConnection.makeSettings(),
    private readonly _silence = SILENCE_TIMEOUT_MS
  ) {
    window.addEventListener('online', this._reconnectNow);
    window.addEventListener('offline', this._onLost);
    document.addEventListener('visibilitychange', this._reconnectNow);
    this._connect();
  }

  /** Emitted for every message, in order and without gaps. */
  get received(): ISignal<this, Streamed> {
    return this._received;
  }

  /** Emitted when `connected` or `error` changes. */
  get statusChanged(): ISignal<this, void> {
    return this._statusChanged;
  }

  /** Whether the full state has arrived and changes follow. */
  get connected(): boolean {
    return this._connected;
  }

  /** Why it is not connected, in one sentence; empty while it is, or has only begun to try. */
  get error(): string {
    return this._error;
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
    window.removeEventListener('online', this._reconnectNow);
    window.removeEventListener('offline', this._onLost);
    document.removeEventListener('visibilitychange', this._reconnectNow);
    clearTimeout(this._retryTimer);
    clearTimeout(this._silenceTimer);
    this._closeSocket();
    Signal.clearData(this);
  }

  private _connect(): void {
    const { wsUrl, appendToken, token, WebSocket } = this._settings;
    let url = URLExt.join(wsUrl, NAMESPACE, 'stream');
    if (appendToken && token !== '') {
      url += `?token=${encodeURIComponent(token)}`;
    }
    this._nextSeq = 0;
    this._retryTimer = undefined;
    const socket = new WebSocket(url);
    socket.onmessage = event => this._read(String(event.data));
    socket.onclose = this._onLost;
    this._socket = socket;
    this._restartSilenceTimer();
  }

  /** From now on it may be silent for so long, while it connects as well. */
  private _restartSilenceTimer(): void {
    this._lastMessageAt = Date.now();
    clearTimeout(this._silenceTimer);
    this._silenceTimer = setTimeout(this._onLost, this._silence);
  }

  private _read(text: string): void {
    this._restartSilenceTimer();
    const parsed = streamed.safeParse(JSON.parse(text));
    if (!parsed.success) {
      console.error('A message does not fit the contract', parsed.error);
      this._reconnectLater(schemaMismatch(parsed.error, this._trans));
      return;
    }
    const { data } = parsed;
    const message =
      data.type === 'error'
        ? { ...data, message: refusalText(data, this._trans) }
        : data;
    if (message.seq !== this._nextSeq) {
      this._reconnectLater(this._lostMessage());
      return;
    }
    this._nextSeq++;
    if (message.type === 'state') {
      this._attempts = 0;
      this._setStatus(true, '');
    }
    this._received.emit(message);
  }

  private readonly _onLost = (): void =>
    this._reconnectLater(this._lostMessage());

  private _lostMessage(): string {
    return this._trans.__(
      'The connection to the notebook server is lost. Trying again.'
    );
  }

  private _reconnectLater(error: string): void {
    if (this._disposed || this._retryTimer !== undefined) {
      return;
    }
    this._closeSocket();
    clearTimeout(this._silenceTimer);
    const longest = document.hidden ? MAX_RETRY_HIDDEN_MS : MAX_RETRY_MS;
    const wait = Math.min(longest, FIRST_RETRY_MS * 2 ** this._attempts++);
    // Jitter: a restarted server is not met by all tabs at once.
    this._retryTimer = setTimeout(
      () => this._connect(),
      wait * (0.5 + Math.random() / 2)
    );
    this._setStatus(false, error);
  }

  /** Try at once: the tab is seen again, or the computer online. */
  private readonly _reconnectNow = (): void => {
    // While a computer sleeps, timers stand still and clocks do not.
    if (Date.now() - this._lastMessageAt > this._silence) {
      this._onLost();
    }
    if (this._retryTimer !== undefined && !document.hidden) {
      clearTimeout(this._retryTimer);
      this._connect();
    }
  };

  private _closeSocket(): void {
    const socket = this._socket;
    if (socket) {
      this._socket = null;
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private _setStatus(connected: boolean, error: string): void {
    if (connected !== this._connected || error !== this._error) {
      this._connected = connected;
      this._error = error;
      this._statusChanged.emit();
    }
  }

  private _socket: WebSocket | null = null;
  private _retryTimer: ReturnType<typeof setTimeout> | undefined;
  private _silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private _lastMessageAt = 0;
  private _attempts = 0;
  private _nextSeq = 0;
  private _connected = false;
  private _error = '';
  private _disposed = false;
  private readonly _received = new Signal<this, Streamed>(this);
  private readonly _statusChanged = new Signal<this, void>(this);
}
