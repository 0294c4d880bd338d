/** axe-core finds no violation in the extension's views and dialogs, in the light and in the dark theme. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import type { JupyterPage } from './pages/jupyter';

const THEMES = ['JupyterLab Light', 'JupyterLab Dark'] as const;
const PANEL = '.jp-DaskHpc-Panel';
const STATUS = '.jp-DaskHpc-Status';
const DIALOG = '.jp-Dialog-content';

/** Nothing is wrong with the part of the page that a selector names, which has to be there. */
async function check(page: Page, selector: string, what: string) {
  await expect(page.locator(selector).first(), what).toBeVisible();
  const { violations } = await new AxeBuilder({ page })
    .include(selector)
    .analyze();
  expect
    .soft(
      violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        nodes: nodes.map(node => node.html)
      })),
      what
    )
    .toEqual([]);
}

/** The same in both themes. */
async function checkInBoth(
  jupyter: JupyterPage,
  selector: string,
  what: string,
  picture: (name: string) => string
) {
  for (const theme of THEMES) {
    await jupyter.setTheme(theme);
    await check(jupyter.page, selector, `${what}, ${theme}`);
    const name = `${what} ${theme}`.toLowerCase().replaceAll(/\W+/g, '-');
    await jupyter.page.screenshot({ path: picture(name) });
  }
}

test('form, cards, status, logs, scripts and dialogs are accessible', async ({
  startLab,
  open
}, info) => {
  const lab = await startLab();
  const jupyter = await open(lab);
  const { page } = jupyter;
  const both = (selector: string, what: string): Promise<void> =>
    checkInBoth(jupyter, selector, what, name =>
      info.outputPath(`${name}.png`)
    );

  const form = await jupyter.newCluster();
  await both(PANEL, 'form');
  await form.form.getByRole('button', { name: /^Advanced/ }).click();
  await form.fill({ Name: 'no spaces', 'Worker jobs': '99999' });
  await form.field('Worker jobs').press('Enter');
  await expect(form.field('Name')).toBeFocused();
  await both(PANEL, 'form with errors');

  await form.fill({ Name: 'demo', 'Worker jobs': '1' });
  await form.form.getByRole('button', { name: 'Preview' }).click();
  await both(DIALOG, 'preview');
  await jupyter.dialog().getByRole('button', { name: 'Close' }).last().click();

  await form.launch();
  const card = jupyter.card('demo');
  await card.allRun(1);
  await both(PANEL, 'card');

  await card.press('Logs');
  const status = jupyter.status('demo');
  await status.openLog('scheduler');
  await expect(status.log()).toContainText(/Scheduler at/);
  await both(STATUS, 'logs');
  await status.jobs(2);
  await both(STATUS, 'jobs');
  await status.tab('Scripts').click();
  await expect(status.panel('Scripts').getByRole('tablist')).toBeVisible();
  await both(STATUS, 'scripts');

  await card.press('Stop');
  await both(PANEL, 'stop');
  await card.card.getByRole('button', { name: 'Cancel' }).click();
  await card.openScale();
  await both(PANEL, 'number of workers');
  // Changing the theme may have taken the focus away.
  await card.card.getByRole('button', { name: 'Cancel' }).click();

  await jupyter.newCluster();
  await form.fill({ Name: 'second', 'Worker jobs': '1' });
  await form.launch();
  await jupyter.card('second').allRun(1);
  await jupyter.command('Stop Dask cluster');
  await both(DIALOG, 'which cluster');
  await page.keyboard.press('Escape');
  await jupyter.choose('File', 'Shut Down');
  await both(DIALOG, 'shut down');
  await page.keyboard.press('Escape');

  await card.stop();
  await jupyter.card('second').stop();
  const closed = page.getByRole('button', { name: 'Closed (2)' });
  await closed.click();
  await both(PANEL, 'closed');
});
