/** What axe finds against the panel, the form, the status, its logs and its scripts: nothing. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './fixtures';

test('panel, form, status, logs and scripts are accessible', async ({
  startLab,
  open
}) => {
  const lab = await startLab();
  const jupyter = await open(lab);
  const { page } = jupyter;

  /** Violations in the part of the page that a selector names, which has to be there. */
  const check = async (selector: string): Promise<void> => {
    await expect(page.locator(selector).first()).toBeVisible();
    const { violations } = await new AxeBuilder({ page })
      .include(selector)
      .analyze();
    expect(
      violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        nodes: nodes.map(node => node.html)
      })),
      selector
    ).toEqual([]);
  };

  const form = await jupyter.newCluster();
  await form.fill({ Name: 'demo', 'Worker jobs': '1' });
  await expect(form.form).toContainText('Starts at once');
  await check('.jp-DaskHpc-Panel');

  await form.launch();
  const card = jupyter.card('demo');
  await card.allRun(1);
  await check('.jp-DaskHpc-Panel');

  await card.press('Logs');
  const status = jupyter.status('demo');
  await status.openLog('scheduler');
  await expect(status.log()).toContainText(/Scheduler at/);
  await check('.jp-DaskHpc-Status');

  await status.jobs(2);
  await check('.jp-DaskHpc-Status');

  await status.tab('Scripts').click();
  await expect(status.panel('Scripts')).toBeVisible();
  await check('.jp-DaskHpc-Status');
  await card.stop();
});
