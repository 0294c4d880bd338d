import type { Locator, Page } from '@playwright/test';

/** The form that launches a cluster. */
export class LaunchForm {
  readonly form: Locator;
  readonly launchButton: Locator;

  constructor(page: Page) {
    this.form = page.getByRole('form', { name: 'New cluster' });
    this.launchButton = this.form.getByRole('button', { name: 'Launch' });
  }

  field(label: string): Locator {
    return this.form.getByLabel(label, { exact: true });
  }

  async fill(values: Record<string, string>): Promise<void> {
    for (const [label, text] of Object.entries(values)) {
      await this.field(label).fill(text);
      await this.field(label).blur();
    }
  }

  async launch(): Promise<void> {
    await this.launchButton.click();
  }

  /** What went wrong without belonging to a field. */
  error(): Locator {
    return this.form.getByRole('alert');
  }
}
