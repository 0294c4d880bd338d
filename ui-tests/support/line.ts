/** A line to a server that can go dead, as it does for a computer that sleeps: nothing passes, nothing is closed. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export class Line {
  private constructor(private readonly _target: URL) {}

  /** A line to the server at that URL. */
  static async to(url: string): Promise<Line> {
    const line = new Line(new URL(url));
    line._server.listen(0, '127.0.0.1');
    await once(line._server, 'listening');
    return line;
  }

  /** The same URL, by this line. */
  get url(): string {
    const url = new URL(this._target);
    url.port = String((this._server.address() as AddressInfo).port);
    return url.href;
  }

  set dead(dead: boolean) {
    this._dead = dead;
    this._ends.forEach(end => (dead ? end.pause() : end.resume()));
  }

  async end(): Promise<void> {
    this._ends.forEach(end => end.destroy());
    this._server.close();
    await once(this._server, 'close');
  }

  private _join(near: Socket): void {
    const far = connect(Number(this._target.port), this._target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near]
    ]) {
      this._ends.add(from);
      from.on('data', data => to.write(data));
      from.on('error', () => from.destroy());
      from.on('close', () => {
        this._ends.delete(from);
        to.destroy();
      });
      if (this._dead) {
        from.pause();
      }
    }
  }

  private _dead = false;
  private readonly _ends = new Set<Socket>();
  private readonly _server = createServer(near => this._join(near));
}
