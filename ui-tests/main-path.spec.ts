/** The main job, as a scientist does it: from the sidebar to a computed result, on a real Slurm. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './fixtures';

test(
  'from the sidebar to a computed result',
  { tag: '@slurm' },
  async ({ slurm, startLab, open, picture }) => {
    const lab = await startLab({ slurm });
    await lab.addExample(94_000);
    const jupyter = await open(lab);
    const { page } = jupyter;

    await test.step('launch four workers', async () => {
      const form = await jupyter.newCluster();
      await form.fill({ Name: 'demo', 'Worker jobs': '4' });
      await expect(form.form).toContainText('4 workers');
      await expect(form.form).toContainText(/Expected start (within|about)/);
      await page.screenshot({ path: picture('launch') });
      await form.launch();
    });

    const card = jupyter.card('demo');
    await test.step('the count climbs to all of them', async () => {
      await card.allRun(4);
      await expect(page.getByText('Dask 4 / 4 running')).toBeVisible();
      expect(await slurm.queue()).toHaveLength(5);
    });

    const dashboard = await test.step('open the dashboard', async () => {
      const opened = await jupyter.dashboard(() => card.press('Dashboard'));
      await opened.live();
      return opened;
    });

    await test.step('compute with them in a notebook', async () => {
      await page.bringToFront();
      const notebook = await jupyter.openNotebook('extremes.ipynb');
      await jupyter.showPanel();
      await card.press('Insert cell');
      await expect(notebook.cell('%dask_cluster demo')).toBeVisible();
      await notebook.runAll();
      await expect(
        notebook.output().filter({ hasText: 'as pandas alone:' })
      ).toContainText('as pandas alone: True of 94000', { timeout: 180_000 });
      await expect(
        notebook.notebook.getByRole('button', { name: 'demo: 4 of 4 running' })
      ).toBeVisible();
      await page.screenshot({ path: picture('notebook') });
    });

    await test.step('the dashboard shows the tasks', async () => {
      await dashboard.page.bringToFront();
      await dashboard.showsTask('extremes_of_file');
      await dashboard.page.screenshot({ path: picture('dashboard') });
      await page.bringToFront();
    });

    await test.step('the jobs and the line of a task', async () => {
      await card.openStatus('demo');
      const status = jupyter.status('demo');
      await status.jobs(5);
      await page.screenshot({ path: picture('status') });
      await status.openLog('worker');
      await status.search('people, latitude');
      await expect(status.log()).toContainText(/\d+ people, latitude/);
      await page.screenshot({ path: picture('logs') });
    });

    await test.step('log out', async () => {
      await jupyter.choose('File', 'Log Out');
      await expect(jupyter.dialog()).toContainText(
        'Stop 1 cluster and log out?'
      );
      await expect(jupyter.dialog()).toContainText('demo');
      await page.screenshot({ path: picture('logout') });
      await jupyter
        .dialog()
        .getByRole('button', { name: 'Stop and Log Out' })
        .click();
      await page.waitForURL(/\/(logout|login)/);
    });

    await test.step('nothing is left but the logs', async () => {
      await expect.poll(() => slurm.queue(), { timeout: 30_000 }).toEqual([]);
      await expect
        .poll(() => lab.jobProcesses(), { timeout: 30_000 })
        .toEqual([]);
      const logs = await readdir(join(lab.workspace, 'log'));
      expect(logs.filter(name => /^demo\.worker\./.test(name))).toHaveLength(4);
      expect(logs.filter(name => /^demo\.scheduler\./.test(name))).toHaveLength(
        1
      );
    });
  }
);
