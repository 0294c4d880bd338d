/** axe-core finds no violation in the extension's views and dialogs, in the light and in the dark theme. */
import { expect, test } from './fixtures';
import { BothThemes } from './support/themes';

const PANEL = '.jp-DaskHpc-Panel';
const STATUS = '.jp-DaskHpc-Status';
const DIALOG = '.jp-Dialog-content';

test('form, cards, status, logs, scripts and dialogs are accessible', async ({
  startLab,
  open
}, info) => {
  const lab = await startLab();
  const jupyter = await open(lab);
  const { page } = jupyter;
  const both = new BothThemes(jupyter, file => info.outputPath(file));

  const form = await jupyter.newCluster();
  await both.check(PANEL, 'form');
  await form.form.getByRole('button', { name: /^Advanced/ }).click();
  await form.fill({ Name: 'no spaces', 'Worker jobs': '99999' });
  await form.field('Worker jobs').press('Enter');
  await expect(form.field('Name')).toBeFocused();
  await both.check(PANEL, 'form with errors');

  await form.fill({ Name: 'demo', 'Worker jobs': '1' });
  await form.form.getByRole('button', { name: 'Preview' }).click();
  await both.check(DIALOG, 'preview');
  await jupyter.dialog().getByRole('button', { name: 'Close' }).last().click();

  await form.launch();
  const card = jupyter.card('demo');
  await card.allRun(1);
  await both.check(PANEL, 'card');

  await card.press('Logs');
  const status = jupyter.status('demo');
  await status.openLog('scheduler');
  await expect(status.log()).toContainText(/Scheduler at/);
  await both.check(STATUS, 'logs');
  await status.jobs(2);
  await both.check(STATUS, 'jobs');
  await status.tab('Scripts').click();
  await expect(status.panel('Scripts').getByRole('tablist')).toBeVisible();
  await both.check(STATUS, 'scripts');

  await card.press('Stop');
  await both.check(PANEL, 'stop');
  await card.card.getByRole('button', { name: 'Cancel' }).click();
  await card.openScale();
  await both.check(PANEL, 'number of workers');
  // Changing the theme may have taken the focus away.
  await card.card.getByRole('button', { name: 'Cancel' }).click();

  await jupyter.newCluster();
  await form.fill({ Name: 'second', 'Worker jobs': '1' });
  await form.launch();
  await jupyter.card('second').allRun(1);
  await jupyter.command('Stop Dask cluster');
  await both.check(DIALOG, 'which cluster');
  await page.keyboard.press('Escape');
  await jupyter.choose('File', 'Shut Down');
  await both.check(DIALOG, 'shut down');
  await page.keyboard.press('Escape');

  await card.stop();
  await jupyter.card('second').stop();
  const closed = page.getByRole('button', { name: 'Closed (2)' });
  await closed.click();
  await both.check(PANEL, 'closed');
});
