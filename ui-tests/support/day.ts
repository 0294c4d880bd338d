/** A day of a tab in a minute: what the server says in a day, said at once behind its real words. */
import type { CDPSession, Page, WebSocketRoute } from '@playwright/test';

type Message = Record<string, unknown> & { type: string };
interface ILogText {
  id: string;
  file: string;
  offset: number;
  size: number;
  text: string;
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
      route.connectToServer().onMessage(text => {
        day._say(JSON.parse(String(text)) as Message);
      });
    });
    return day;
  }

  /** Say that often that a cluster has changed, with its jobs and a new sample. */
  async changes(times: number): Promise<void> {
    const change = this._last('change') ?? this._last('state')!;
    const jobs = this._last('jobs')!;
    for (let time = 0; time < times; time++) {
      const at = new Date(this._at + 10_000 * ++this._said).toISOString();
      this._say({ ...change, type: 'change', removed: [], server_time: at });
      this._say({ ...jobs, full: false, samples: [{ ...this._sample, at }] });
      await this._read(time);
    }
  }

  /** Let the followed log grow that often by so many lines of a hundred characters. */
  async lines(times: number, lines: number): Promise<void> {
    const log = this._last('log') as unknown as ILogText;
    for (let time = 0; time < times; time++) {
      const text = Array.from({ length: lines }, (_, line) =>
        `${time} ${line} ${'x'.repeat(98)}`.slice(0, 99).concat('\n')
      ).join('');
      const offset = log.offset + log.text.length;
      Object.assign(log, { offset, text, size: offset + text.length });
      this._say({ ...log, type: 'log', restarted: false });
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
      this._sample = (message.samples as object[]).at(-1) ?? this._sample;
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
  private _said = 0;
  private _sample: object = {};
  private readonly _at = Date.now();
  private readonly _known = new Map<string, Message>();
}
