import { expect, type Page, type WebSocket } from '@playwright/test';

/** Dask's own dashboard, in a tab of its own. */
export class DashboardPage {
  constructor(readonly page: Page) {}

  /** Wait until its plots are drawn and their websocket brings news. */
  async live(): Promise<void> {
    await this._drawn();
    // Loaded anew, so that the socket is seen from its first frame.
    const opened = this.page.waitForEvent('websocket');
    await this.page.reload();
    const socket: WebSocket = await opened;
    expect(new URL(socket.url()).pathname).toMatch(
      /^\/user\/ada\/jupyterlab-dask-hpc\/clusters\/.*\/ws$/
    );
    await socket.waitForEvent('framereceived');
    await this._drawn();
  }

  /** While Dask still loads it, the page loads itself anew. */
  private async _drawn(): Promise<void> {
    await expect(async () => {
      expect(await this.page.evaluate(plots)).toBeGreaterThan(0);
    }).toPass({ timeout: 90_000 });
  }

  /** Wait until a task of that name stands in one of the plots. */
  async showsTask(name: string): Promise<void> {
    await expect
      .poll(() => this.page.evaluate(hasTask, name), { timeout: 60_000 })
      .toBe(true);
  }
}

/** How many plots have something drawn on them. */
function plots(): number {
  const canvases = (root: Document | ShadowRoot): HTMLCanvasElement[] => [
    ...root.querySelectorAll('canvas'),
    ...[...root.querySelectorAll('*')].flatMap(each =>
      each.shadowRoot ? canvases(each.shadowRoot) : []
    )
  ];
  return canvases(document).filter(canvas => {
    const { width, height } = canvas;
    if (!width || !height) {
      return false;
    }
    const context = canvas.getContext('2d');
    const data = context?.getImageData(0, 0, width, height).data;
    return data?.some(value => value !== 0 && value !== 255) ?? false;
  }).length;
}

/** Whether a source of bokeh's data has a task of that name. */
function hasTask(name: string): boolean {
  const { Bokeh } = window as unknown as { Bokeh: IBokeh };
  return [...Bokeh.documents[0]._all_models.values()].some(({ data }) =>
    [...(data?.name ?? []), ...(data?.all_name ?? [])].some(each =>
      String(each).includes(name)
    )
  );
}

interface IBokeh {
  documents: {
    _all_models: Map<
      string,
      { data?: Record<string, Iterable<unknown> | undefined> }
    >;
  }[];
}
