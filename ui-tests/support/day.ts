/** A day of a tab in a minute: what the server says in a day, said at once behind its real words. */
import type { CDPSession, Page, WebSocketRoute } from '@playwright/test';

type Message = Record<string, unknown> & { type: string };
interface ILogWish {
  watch?: string;
  id: string;
  file: string;
  offset: number;
}

export class Day {
  private constructor(
    private readonly _page: Page,
    private readonly _browser: CDPSession
  ) {}

  /** Stand between the page, that is to be opened after, and the server's stream. */
  static async of(page: Page): Promise<Day> {
    const day = new Day(page, await page.context().newCDPSession(page));
    await page.routeWebSocket(/jupyterlab-dask-hpc\/stream/, route => {
      day._route = route;
      day._next = 0;
      const server = route.connectToServer();
      server.onMessage(text => day._say(JSON.parse(String(text)) as Message));
      route.onMessage(text => {
        const request = JSON.parse(String(text)) as ILogWish;
        if (request.watch === 'log') {
          day._log = request;
        }
        server.send(text);
      });
    });
    return day;
  }

  /** The words of so many seconds: a sign of life every ten, and every thirty what became of a cluster and its jobs. */
  async pass(seconds: number): Promise<void> {
    const change = this._last('change') ?? this._last('state')!;
    const jobs = this._last('jobs')!;
    for (let time = 0; time < seconds / 10; time++) {
      const changes = time % 3 === 0;
      this._say({
        ...change,
        type: 'change',
        clusters: changes ? change.clusters : [],
        removed: []
      });
      if (changes) {
        this._say({ ...jobs, full: false, samples: [this._sample] });
      }
      await this._read(time);
    }
  }

  /** Let the followed log grow that often by so many lines of a hundred characters. */
  async lines(times: number, lines: number): Promise<void> {
    const { id, file } = this._log!;
    for (let time = 0; time < times; time++) {
      const text = Array.from({ length: lines }, (_, line) =>
        `${time} ${line} ${'x'.repeat(98)}`.slice(0, 99).concat('\n')
      ).join('');
      const { offset } = this._log!;
      const size = offset + text.length;
      this._say({
        type: 'log',
        id,
        file,
        offset,
        size,
        text,
        restarted: false
      });
      this._log!.offset = size;
      await this._read(time);
    }
  }

  /** What the page holds, after its rubbish was collected. */
  async held(): Promise<{ megabytes: number; nodes: number }> {
    await this._browser.send('HeapProfiler.collectGarbage');
    const { usedSize } = await this._browser.send('Runtime.getHeapUsage');
    const { nodes } = await this._browser.send('Memory.getDOMCounters');
    return { megabytes: usedSize / 1024 ** 2, nodes };
  }

  private _say(message: Message): void {
    this._known.set(message.type, message);
    if (message.type === 'jobs') {
      this._sample = (message.samples as unknown[]).at(-1) ?? this._sample;
    }
    this._route?.send(JSON.stringify({ ...message, seq: this._next++ }));
  }

  private _last(type: string): Message | undefined {
    return this._known.get(type);
  }

  /** Wait now and then until the page has read, and shown, what was said. */
  private async _read(time: number): Promise<void> {
    if (time % 20 === 19) {
      await this._page.evaluate(
        () => new Promise(shown => requestAnimationFrame(() => shown(null)))
      );
    }
  }

  private _route: WebSocketRoute | null = null;
  private _next = 0;
  private _sample: unknown = null;
  private _log: ILogWish | null = null;
  private readonly _known = new Map<string, Message>();
}
