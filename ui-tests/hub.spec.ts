/** Whatever way a hub is left by its own and JupyterLab's menus and buttons, nothing of the user's clusters lives on. */
import type { Page } from '@playwright/test';
import { JupyterPage } from './pages/jupyter';
import { Hub } from './support/hub';
import type { Slurm } from './support/slurm';
import { expect, test } from './fixtures';

test.describe.configure({ timeout: 900_000 });

/** Log in, and launch a cluster of two workers from the panel. */
async function running(hub: Hub, page: Page): Promise<JupyterPage> {
  await hub.login(page);
  const jupyter = new JupyterPage(page);
  await jupyter.ready();
  const form = await jupyter.newCluster();
  await form.fill({ Name: 'demo', 'Worker jobs': '2', 'Worker memory': '1G' });
  await form.launch();
  await jupyter.card('demo').allRun(2);
  expect((await hub.jobProcesses()).length).toBeGreaterThan(2);
  return jupyter;
}

async function logOut(jupyter: JupyterPage): Promise<void> {
  await jupyter.choose('File', 'Log Out');
  const question = jupyter.dialog();
  await expect(question).toContainText('Stop 1 cluster and log out?');
  await question.getByRole('button', { name: 'Stop and Log Out' }).click();
  await jupyter.page.waitForURL(/\/hub\/(login|logout)/);
}

async function nothingLeft(hub: Hub, slurm: Slurm): Promise<void> {
  await expect.poll(() => slurm.queue(), { timeout: 120_000 }).toEqual([]);
  await expect.poll(() => hub.jobProcesses(), { timeout: 120_000 }).toEqual([]);
}

test(
  'Log Out in one of two tabs, and the stop from the Hub Control Panel',
  { tag: '@slurm' },
  async ({ slurm, context }) => {
    const hub = await Hub.start(slurm);
    try {
      const jupyter = await running(hub, await context.newPage());
      const other = await context.newPage();
      await other.goto(`${jupyter.page.url()}/workspaces/other`);
      const second = new JupyterPage(other);
      await second.ready();
      await second.showPanel();
      await expect(second.card('demo').card).toContainText('2 of 2 running');
      await logOut(jupyter);
      await nothingLeft(hub, slurm);
      await expect(second.card('demo').card).toHaveCount(0);
      expect(await hub.runs()).toBe(true);
      await other.close();

      const again = await running(hub, jupyter.page);
      const opened = context.waitForEvent('page');
      await again.choose('File', 'Hub Control Panel');
      const panel = await opened;
      // The button listens as soon as the hub's scripts are loaded, which it does not show.
      await expect(async () => {
        await panel.getByRole('button', { name: 'Stop My Server' }).click();
        await expect(
          panel.getByTitle(/server is stopping|Start your/)
        ).toBeVisible({ timeout: 2000 });
      }).toPass();
      await nothingLeft(hub, slurm);
      await expect.poll(() => hub.runs()).toBe(false);
    } finally {
      await hub.end();
    }
  }
);

test(
  'Log Out where the hub stops servers then',
  { tag: '@slurm' },
  async ({ slurm, context }) => {
    const hub = await Hub.start(slurm, '--shutdown-on-logout');
    try {
      await logOut(await running(hub, await context.newPage()));
      await nothingLeft(hub, slurm);
      await expect.poll(() => hub.runs(), { timeout: 120_000 }).toBe(false);
    } finally {
      await hub.end();
    }
  }
);
