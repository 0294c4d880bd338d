/** A browser whose connection fails: it says so, keeps what it knew, and comes back by itself. */
import { expect, test } from './fixtures';
import { JupyterPage } from './pages/jupyter';
import { Line } from './support/line';

test('offline, asleep, and back', async ({ startLab, page, context }) => {
  const lab = await startLab();
  const line = await Line.to(lab.url);
  const { url } = line;
  try {
    const jupyter = await JupyterPage.open(
      page,
      Object.create(lab, { url: { value: url } })
    );
    await jupyter.newCluster();
    const foot = page.locator('.jp-DaskHpc-StatusFooter');
    const lost = /is lost\. Trying again\. Shown as of \d\d:\d\d\./;

    const launch = (name: string) =>
      lab.call('POST', 'clusters', {
        profile: 'local',
        name,
        workers: { jobs: 1 }
      });
    await launch('before');
    await jupyter.card('before').allRun(1);

    await context.setOffline(true);
    await expect(foot).toContainText(lost);
    await expect(jupyter.card('before').card).toBeVisible();
    await launch('while-offline');
    await context.setOffline(false);
    await expect(jupyter.card('while-offline').card).toBeVisible();
    await expect(foot).not.toContainText('is lost');

    // Nothing is closed: only the silence tells.
    line.dead = true;
    await expect(foot).toContainText(lost, { timeout: 90_000 });
    await launch('while-asleep');
    line.dead = false;
    await expect(jupyter.card('while-asleep').card).toBeVisible({
      timeout: 90_000
    });
    await expect(foot).not.toContainText('is lost');
  } finally {
    await line.end();
  }
});
