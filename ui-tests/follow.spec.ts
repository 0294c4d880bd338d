/** Two logs side by side, each in the status of its own cluster: both go on growing. */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './fixtures';

test('two status tabs follow a log each', async ({ startLab, open }) => {
  const lab = await startLab();
  const jupyter = await open(lab);
  const names = ['left', 'right'];
  for (const name of names) {
    const form = await jupyter.newCluster();
    await form.fill({ Name: name, 'Worker jobs': '1' });
    await form.launch();
    await jupyter.card(name).allRun(1);
  }
  for (const name of names) {
    await jupyter.card(name).press('Logs');
    await jupyter.status(name).openLog('scheduler');
    await expect(jupyter.status(name).log()).toContainText(/Scheduler at/);
  }
  await jupyter.splitMain();
  for (const name of names) {
    await expect(jupyter.status(name).log()).toBeVisible();
  }
  const clusters = await lab.clusters();
  /** Write a line as the scheduler's job would. */
  const write = async (name: string, line: string): Promise<void> => {
    const job = clusters.find(each => each.name === name)?.scheduler.job;
    const file = `${name}.scheduler.${job}.log`;
    await appendFile(join(lab.workspace, 'log', file), `${line}\n`);
  };
  for (const round of [1, 2]) {
    for (const name of names) {
      await write(name, `${name} says ${round}`);
    }
    for (const name of names) {
      const status = jupyter.status(name);
      await expect(status.log()).toContainText(`${name} says ${round}`);
      await expect(status.followButton()).toHaveAttribute(
        'aria-pressed',
        'true'
      );
    }
  }
  for (const name of names) {
    await jupyter.card(name).stop();
  }
});
