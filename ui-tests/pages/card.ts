import { expect, type Locator, type Page } from '@playwright/test';

/** The card of a cluster in the sidebar. */
export class ClusterCard {
  readonly card: Locator;

  constructor(page: Page, name: string) {
    this.card = page.getByRole('article', { name, exact: true });
  }

  /** Wait until so many workers run, all of them connected. */
  async allRun(number: number): Promise<void> {
    await expect(this.card).toContainText(`${number} of ${number} running`, {
      timeout: 150_000
    });
    await expect(this.card.getByRole('list')).toHaveCount(0);
  }

  async press(
    action: 'Insert cell' | 'Dashboard' | 'Logs' | 'Stop'
  ): Promise<void> {
    await this.card.getByRole('button', { name: action, exact: true }).click();
  }

  async openStatus(name: string): Promise<void> {
    await this.card.getByRole('button', { name, exact: true }).click();
  }

  /** Ask for a number of workers; the field has the focus. */
  async openScale(): Promise<Locator> {
    await this._chooseScale();
    const group = this.card.getByRole('form', { name: /^Scale / });
    await expect(group.getByLabel('Number of workers')).toBeFocused();
    return group;
  }

  /** Ask where the number stays: why it does. */
  async openFixedScale(): Promise<Locator> {
    await this._chooseScale();
    const group = this.card.getByRole('group', { name: /^Scale / });
    await expect(group.getByRole('button', { name: 'Close' })).toBeFocused();
    return group;
  }

  private async _chooseScale(): Promise<void> {
    await this.card.getByRole('button', { name: /^More for / }).click();
    await this.card.page().getByRole('menuitem', { name: 'Scale' }).click();
  }

  /** Have so many workers, by the keyboard alone once it is asked for. */
  async scale(number: number): Promise<void> {
    const group = await this.openScale();
    await this.card.page().keyboard.type(String(number));
    await this.card.page().keyboard.press('Enter');
    await expect(group).toHaveCount(0);
  }

  async stop(): Promise<void> {
    await this.press('Stop');
    const question = this.card.getByRole('group', { name: /^Stop / });
    await expect(
      question.getByRole('button', { name: 'Cancel' })
    ).toBeFocused();
    await question.getByRole('button', { name: 'Stop' }).click();
  }
}
