import { expect, type Locator, type Page } from '@playwright/test';

/** The notebook in sight. */
export class NotebookView {
  readonly notebook: Locator;

  constructor(private readonly _page: Page) {
    this.notebook = _page.locator('.jp-NotebookPanel:visible');
  }

  /**
   * Wait until its kernel is there and idle. The indicator alone says "idle" before the kernel is started, and a
   * cell that is run then makes JupyterLab start a second kernel, and is lost with the first.
   */
  async idle(): Promise<void> {
    await expect(this.notebook).toBeVisible();
    await this._page.waitForFunction(hasKernel, null, { timeout: 120_000 });
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

/** In the page: whether the notebook in sight is connected to a kernel of its own. */
function hasKernel(): boolean {
  const { jupyterapp: app } = window as unknown as { jupyterapp: IApp };
  const context = app.shell.currentWidget?.sessionContext;
  const kernel = context?.session?.kernel;
  return Boolean(
    context?.isReady &&
    kernel?.connectionStatus === 'connected' &&
    kernel.status === 'idle'
  );
}

interface IApp {
  shell: {
    currentWidget: {
      sessionContext?: {
        isReady: boolean;
        session: {
          kernel: { connectionStatus: string; status: string } | null;
        } | null;
      };
    } | null;
  };
}
