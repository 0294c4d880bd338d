import { expect, type Locator, type Page } from '@playwright/test';

/** The notebook in sight. */
export class NotebookView {
  readonly notebook: Locator;

  constructor(private readonly _page: Page) {
    this.notebook = _page.locator('.jp-NotebookPanel:visible');
  }

  async idle(): Promise<void> {
    await expect(this.notebook).toBeVisible();
    await expect(
      this.notebook.locator('.jp-Notebook-ExecutionIndicator')
    ).toHaveAttribute('data-status', 'idle', { timeout: 120_000 });
  }

  cell(text: string): Locator {
    return this.notebook.locator('.jp-CodeCell', { hasText: text });
  }

  async runAll(): Promise<void> {
    await this._page
      .getByRole('menubar')
      .getByRole('menuitem', { name: 'Run', exact: true })
      .click();
    await this._page
      .getByRole('menuitem', { name: 'Run All Cells', exact: true })
      .click();
  }

  output(): Locator {
    return this.notebook.locator('.jp-OutputArea-output');
  }
}
