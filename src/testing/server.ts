/** A real HTTP and websocket server that says what a test tells it to. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServerConnection } from '@jupyterlab/services';
import { WebSocket, WebSocketServer } from 'ws';

export interface IAnswer {
  status?: number;
  /** Sent as JSON unless it is a text. */
  body: unknown;
  headers?: Record<string, string>;
}

export class TestServer {
  /** Answers by "METHOD path", the path below the base URL, query included. */
  readonly answers = new Map<string, IAnswer>();
  /** "METHOD path body" of each request, oldest first. */
  readonly requests: string[] = [];
  /** Open websockets, newest last, and the paths at which they were opened. */
  readonly sockets: WebSocket[] = [];
  readonly opened: string[] = [];
  /** What the newest websocket was sent. */
  received: unknown[] = [];

  async start(): Promise<this> {
    this._http = createServer((request, response) => {
      void this._answer(request).then(({ status, body, headers }) => {
        response.writeHead(status ?? 200, headers);
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
    this._ws = new WebSocketServer({ server: this._http });
    this._ws.on('connection', (socket, request) => {
      this.received = [];
      this.sockets.push(socket);
      this.opened.push(request.url ?? '');
      socket.on('message', data => {
        this.received.push(JSON.parse((data as Buffer).toString()));
      });
    });
    await new Promise<void>(resolve =>
      this._http?.listen(0, '127.0.0.1', resolve)
    );
    return this;
  }

  /** How JupyterLab would be told to find it. */
  get settings(): ServerConnection.ISettings {
    const { port } = this._http?.address() as AddressInfo;
    return ServerConnection.makeSettings({
      baseUrl: `http://127.0.0.1:${port}/user/ada/`,
      wsUrl: `ws://127.0.0.1:${port}/user/ada/`,
      token: 's e',
      appendToken: true,
      WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
      fetch: globalThis.fetch,
      Request: globalThis.Request,
      Headers: globalThis.Headers
    });
  }

  /** Send a message on the newest websocket. */
  send(message: object): void {
    this.sockets[this.sockets.length - 1].send(JSON.stringify(message));
  }

  async stop(): Promise<void> {
    this.sockets.forEach(socket => socket.terminate());
    this._ws?.close();
    this._http?.closeAllConnections();
    await new Promise(resolve => this._http?.close(resolve));
  }

  private async _answer(request: IncomingMessage): Promise<IAnswer> {
    let body = '';
    for await (const chunk of request) {
      body += String(chunk);
    }
    const asked = `${request.method} ${(request.url ?? '').replace(/^\/user\/ada\/|&?\??\b\d{13}$/g, '')}`;
    this.requests.push(`${asked} ${body}`.trim());
    return (
      this.answers.get(asked) ?? { status: 404, body: '<h1>Not found</h1>' }
    );
  }

  private _http: Server | null = null;
  private _ws: WebSocketServer | null = null;
}
