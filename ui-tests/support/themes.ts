/** What is done in the light and in the dark theme: axe-core finds nothing wrong there, and a picture is taken. */
import AxeBuilder from '@axe-core/playwright';
import { expect } from '@playwright/test';
import type { JupyterPage } from '../pages/jupyter';

/** Begins with the theme of the last time: to change it costs more than to check. */
export class BothThemes {
  constructor(
    private readonly _jupyter: JupyterPage,
    private readonly _path: (file: string) => string
  ) {}

  /** The part of the page that a selector names, which has to be there. */
  async check(selector: string, name: string): Promise<void> {
    const { page } = this._jupyter;
    const file = name.replaceAll(/\W+/g, '-');
    for (const theme of this._themes) {
      await this._jupyter.setTheme(`JupyterLab ${theme}`);
      // A tab behind another one has the same selector.
      await expect(
        page.locator(selector).filter({ visible: true }).first(),
        name
      ).toBeVisible();
      // It would open a page of its own to put together what it finds in frames, of which there are none.
      const { violations } = await new AxeBuilder({ page })
        .setLegacyMode()
        .include(selector)
        .analyze();
      expect
        .soft(
          violations.map(({ id, impact, nodes }) => ({
            id,
            impact,
            nodes: nodes.map(node => node.html)
          })),
          `${name}, ${theme}`
        )
        .toEqual([]);
      const path = this._path(`${file}-${theme.toLowerCase()}.png`);
      await page.screenshot({ path });
    }
    this._themes.reverse();
  }

  private readonly _themes = ['Light', 'Dark'];
}
