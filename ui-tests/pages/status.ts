import { expect, type Locator, type Page } from '@playwright/test';

/** The status of a cluster in the main area. */
export class StatusView {
  readonly view: Locator;

  constructor(
    page: Page,
    private readonly _name: string
  ) {
    // Several may stand side by side.
    this.view = page.locator('.jp-DaskHpc-Status').filter({
      has: page.getByRole('tablist', {
        name: _name,
        exact: true,
        includeHidden: true
      })
    });
  }

  tab(name: 'Jobs' | 'Logs' | 'Scripts'): Locator {
    return this.view
      .getByRole('tablist', { name: this._name, exact: true })
      .getByRole('tab', { name, exact: true });
  }

  panel(name: 'Jobs' | 'Logs' | 'Scripts'): Locator {
    return this.view.getByRole('tabpanel', { name, exact: true });
  }

  /** Open the log of the scheduler, or of the first worker. */
  async openLog(role: 'scheduler' | 'worker'): Promise<void> {
    await this.tab('Logs').click();
    await this.panel('Logs')
      .getByRole('tree', { name: 'Log files' })
      // A worker is task N of an array.
      .getByRole('treeitem', {
        level: 2,
        name: role === 'worker' ? /\d_\d+\b/ : /^(?!.*\d_\d)/
      })
      .first()
      .click();
    await expect(
      this.panel('Logs').getByRole('textbox', { name: 'Search in the log' })
    ).toBeVisible();
  }

  /** The text of the open log that is in sight. */
  log(): Locator {
    return this.panel('Logs').locator('.cm-content');
  }

  followButton(): Locator {
    return this.panel('Logs').getByRole('button', { name: 'Follow' });
  }

  async search(text: string): Promise<void> {
    const field = this.panel('Logs').getByLabel('Search in the log');
    await field.fill(text);
    await field.press('Enter');
  }

  async jobs(number: number): Promise<void> {
    await this.tab('Jobs').click();
    await expect(
      this.panel('Jobs').getByRole('button', { name: /^Log of / })
    ).toHaveCount(number);
  }
}
