import { expect, type Locator, type Page } from '@playwright/test';
import type { Lab } from '../support/lab';
import { ClusterCard } from './card';
import { DashboardPage } from './dashboard';
import { LaunchForm } from './launch';
import { NotebookView } from './notebook';
import { StatusView } from './status';

/** JupyterLab in one tab of the browser. */
export class JupyterPage {
  constructor(readonly page: Page) {}

  /** Open it with the server's token; a workspace of its own lets several tabs stand side by side. */
  static async open(
    page: Page,
    lab: Lab,
    workspace = 'main'
  ): Promise<JupyterPage> {
    const token = lab.token ? `?token=${lab.token}` : '';
    await page.goto(`${lab.url}lab/workspaces/${workspace}${token}`);
    const jupyter = new JupyterPage(page);
    if (lab.token) {
      await jupyter.ready();
    }
    return jupyter;
  }

  /** Wait until it has its layout again, and its launcher: each of them takes the focus when it comes. */
  async ready(): Promise<void> {
    await this.page.waitForFunction(hasLayout);
    await expect(this.page.locator('#jupyterlab-splash')).toHaveCount(0);
    await expect(this.menu('File')).toBeVisible();
  }

  /** Run a command by its name in the palette. */
  async command(name: string): Promise<void> {
    const { page } = this;
    // What else takes the focus closes the palette.
    await expect(async () => {
      await this.choose('View', 'Activate Command Palette');
      await page
        .locator('.lm-CommandPalette-input:visible')
        .fill(name, { timeout: 3000 });
      const found = page.locator('.lm-CommandPalette-item.lm-mod-active');
      await expect(found).toContainText(name, { timeout: 3000 });
      await found.click({ timeout: 3000 });
    }).toPass({ timeout: 60_000 });
  }

  async setTheme(name: string): Promise<void> {
    await this.page.evaluate(async theme => {
      const { jupyterapp: app } = window as unknown as { jupyterapp: IApp };
      await app.commands.execute('apputils:change-theme', { theme });
    }, name);
    await expect(this.page.locator('body')).toHaveAttribute(
      'data-jp-theme-name',
      name
    );
  }

  /** Give the left sidebar so many pixels, by its handle. */
  async resizeSidebar(width: number): Promise<void> {
    const { page } = this;
    const left = await page.locator('#jp-left-stack').boundingBox();
    const handle = page
      .locator('#jp-main-split-panel > .lm-SplitPanel-handle:visible')
      .first();
    const { x, y, height } = (await handle.boundingBox())!;
    await page.mouse.move(x + 1, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(left!.x + width, y + height / 2, { steps: 3 });
    await page.mouse.up();
  }

  menu(name: string): Locator {
    return this.page
      .getByRole('menubar')
      .getByRole('menuitem', { name, exact: true });
  }

  async choose(menu: string, item: string): Promise<void> {
    await this.menu(menu).click();
    await this.page
      .getByRole('menu')
      .getByRole('menuitem', { name: new RegExp(`^${item}(\\s*Ctrl.*)?$`) })
      .click();
  }

  dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  async newCluster(): Promise<LaunchForm> {
    await this.command('New Dask cluster');
    const form = new LaunchForm(this.page);
    await expect(form.form).toBeVisible();
    return form;
  }

  card(name: string): ClusterCard {
    return new ClusterCard(this.page, name);
  }

  status(name: string): StatusView {
    return new StatusView(this.page, name);
  }

  /** Put the tab in the main area that was opened last beside the others. */
  async splitMain(): Promise<void> {
    await this.page.evaluate(() => {
      const { jupyterapp: app } = window as unknown as { jupyterapp: IApp };
      const widget = [...app.shell.widgets('main')].pop();
      app.shell.add(widget, 'main', { mode: 'split-right' });
    });
  }

  /** Open a notebook of the file browser. */
  async openNotebook(file: string): Promise<NotebookView> {
    const tab = this.page.getByRole('tab', { name: /File Browser/ }).first();
    // A press on the tab of what is shown closes it.
    if ((await tab.getAttribute('aria-selected')) !== 'true') {
      await tab.click();
    }
    await this.page
      .getByRole('listitem', { name: new RegExp(`Name: ${file}`) })
      .dblclick();
    const notebook = new NotebookView(this.page);
    await notebook.idle();
    return notebook;
  }

  /** Show the Dask panel again. */
  async showPanel(): Promise<void> {
    await this.command('Show Dask cluster in the sidebar');
  }

  /** Press what opens a dashboard, and take the tab that it opens. */
  async dashboard(press: () => Promise<void>): Promise<DashboardPage> {
    const opened = this.page.context().waitForEvent('page');
    await press();
    return new DashboardPage(await opened);
  }
}

/** In the page: whether the layout is restored and something stands in the main area. */
async function hasLayout(): Promise<boolean> {
  const { jupyterapp: app } = window as unknown as { jupyterapp?: IApp };
  await app?.restored;
  return app !== undefined && !app.shell.isEmpty('main');
}

interface IApp {
  commands: {
    execute: (command: string, args: { theme: string }) => Promise<void>;
  };
  restored: Promise<void>;
  shell: {
    isEmpty: (area: string) => boolean;
    widgets: (area: string) => Iterable<unknown>;
    add: (widget: unknown, area: string, options: { mode: string }) => void;
  };
}
