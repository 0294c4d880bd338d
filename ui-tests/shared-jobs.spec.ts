/** Jobs of several workers on a real Slurm: squares, rows, the log of one of them, and one job fewer. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './fixtures';

test(
  'two jobs of four workers',
  { tag: '@slurm' },
  async ({ slurm, startLab, open }, info) => {
    const lab = await startLab({ slurm });
    const jupyter = await open(lab);
    const { page } = jupyter;
    const pictures = async (selector: string, name: string) => {
      for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
        await jupyter.setTheme(theme);
        const { violations } = await new AxeBuilder({ page })
          .include(selector)
          .analyze();
        expect
          .soft(
            violations.map(({ id, nodes }) => [id, nodes.map(n => n.html)]),
            `${name}, ${theme}`
          )
          .toEqual([]);
        const file = `${name}-${theme.split(' ')[1]}.png`.toLowerCase();
        await page.screenshot({ path: info.outputPath(file) });
      }
    };

    const form = await jupyter.newCluster();
    await form.form.getByRole('button', { name: /^Advanced/ }).click();
    await form.fill({
      Name: 'wide',
      'Worker jobs': '2',
      'Worker memory': '2G',
      'Worker CPUs': '4'
    });
    await form.form.getByRole('button', { name: "Dask's own rule" }).click();
    await expect(form.field('Workers per job')).toHaveValue('4');
    await expect(form.form).toContainText(
      '4 workers a job, 1 thread and 512 MB each'
    );
    await pictures('.jp-DaskHpc-Panel', 'form');
    await form.launch();

    const card = jupyter.card('wide');
    await card.allRun(8);
    await expect(card.card).toContainText('2 jobs, 8 workers');
    expect(await slurm.queue()).toHaveLength(3);
    await card.openStatus('wide');
    const status = jupyter.status('wide');
    const jobs = status.panel('Jobs');
    await status.jobs(9);
    await expect(jobs).toContainText('in 2 jobs');
    const chips = jobs.getByRole('group', { name: 'Show only' });
    await expect(
      chips.getByRole('button', { name: '8 running' })
    ).toBeVisible();

    const row = jobs.getByRole('button', { name: /-2, details of its job$/ });
    await row.first().click();
    await expect(jobs.getByText('4 running', { exact: true })).toBeVisible();
    await jobs.getByRole('listbox').focus();
    await pictures('.jp-DaskHpc-Status', 'workers');
    await page.setViewportSize({ width: 1000, height: 800 });
    await pictures('.jp-DaskHpc-Status', 'workers-narrow');
    await page.setViewportSize({ width: 1440, height: 900 });

    await jobs.getByRole('button', { name: /^Log of w.*_1-2$/ }).click();
    const log = status.panel('Logs');
    await expect(log.getByLabel('Search in the log')).toHaveValue(/_1-2$/);
    await expect(log.getByText(/^1 of \d/)).toBeVisible();
    await expect(status.log()).toContainText(/_1-2\] .*Start worker at/);
    await pictures('.jp-DaskHpc-Status', 'log');

    await card.openScale();
    await page.keyboard.type('4');
    await expect(card.card).toContainText('1 job, 4 workers');
    await pictures('.jp-DaskHpc-Panel', 'scale');
    await card.card.getByLabel('Number of workers').press('Enter');
    await card.allRun(4);
    await expect.poll(() => slurm.queue(), { timeout: 60_000 }).toHaveLength(2);
    await expect(card.card).toContainText('1 job, 4 workers');
    await card.stop();
    await expect.poll(() => slurm.queue(), { timeout: 30_000 }).toEqual([]);
  }
);
