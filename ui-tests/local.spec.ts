/** The same panel on a computer without a batch system. */
import { expect, test } from './fixtures';

test('a cluster of local processes', async ({ startLab, open }) => {
  const lab = await startLab();
  const jupyter = await open(lab);
  const form = await jupyter.newCluster();
  await form.fill({ Name: 'home', 'Worker jobs': '2' });
  await expect(form.form).toContainText('Starts at once');
  await form.launch();
  const card = jupyter.card('home');
  await card.allRun(2);

  const dashboard = await jupyter.dashboard(() => card.press('Dashboard'));
  await dashboard.live();
  await dashboard.page.close();

  await card.press('Logs');
  const status = jupyter.status('home');
  await status.openLog('scheduler');
  await expect(status.log()).toContainText(/Scheduler at/);

  await card.scale(3);
  await card.allRun(3);
  await card.scale(1);
  await card.allRun(1);
  await card.stop();
  await expect.poll(() => lab.jobProcesses()).toEqual([]);
  await expect(card.card.filter({ hasText: 'Running' })).toHaveCount(0);
});

test('two tabs agree', async ({ startLab, open }) => {
  const lab = await startLab();
  const first = await open(lab);
  const second = await open(lab, 'second');
  // Open and looking, before there is anything to see.
  await second.newCluster();
  await first.page.bringToFront();
  const form = await first.newCluster();
  await form.fill({ Name: 'shared', 'Worker jobs': '1' });
  await form.launch();
  await first.card('shared').allRun(1);
  await second.card('shared').allRun(1);
  await second.page.bringToFront();
  await second.card('shared').stop();
  await first.page.bringToFront();
  await expect(
    first.card('shared').card.getByRole('button', { name: 'Insert cell' })
  ).toHaveCount(0);
});
