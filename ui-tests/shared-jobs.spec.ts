/**
 * Workers that are no jobs of their own, on a real Slurm: two jobs of four, and one job of two nodes that has the
 * scheduler as well. Form, card, squares, rows, log, scaling, and pictures of them in both themes.
 */
import { expect, test } from './fixtures';
import { BothThemes } from './support/themes';

const PANEL = '.jp-DaskHpc-Panel';
const STATUS = '.jp-DaskHpc-Status';
const BOTH = [
  'layout=["separate", "one-job"]',
  'workers__nodes={"default": 1, "maximum": 2}'
];

test(
  'two jobs of four workers, and one job of two nodes',
  { tag: '@slurm' },
  async ({ slurm, startLab, open }, info) => {
    const lab = await startLab({ slurm, profile: BOTH });
    const jupyter = await open(lab);
    const { page } = jupyter;
    const both = new BothThemes(jupyter, file => info.outputPath(file));

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
    await both.check(PANEL, 'form');
    await form.launch();
    const wide = jupyter.card('wide');
    await expect(wide.card).toBeVisible();
    // The form closes with the launch.
    await jupyter.newCluster();

    // The layout by the keyboard; what has no room is wrong as it is typed.
    await form.field('Layout').focus();
    await page.keyboard.press('ArrowDown');
    await expect(form.field('Layout')).toHaveValue('one-job');
    await form.fill({
      Name: 'together',
      Nodes: '1',
      'Worker memory': '4G',
      'Worker CPUs': '1',
      'Workers per node': '1'
    });
    await expect(form.field('Worker CPUs')).toHaveAttribute(
      'aria-invalid',
      'true'
    );
    await expect(form.form).toContainText('This leaves nothing for a worker.');
    await both.check(PANEL, 'form-no-room');
    await form.fill({
      Nodes: '2',
      'Worker CPUs': '4',
      'Workers per node': '2'
    });
    await expect(form.form).toContainText('2 nodes 4 workers 8 GB 8 CPUs');
    await expect(form.form).toContainText(
      'First node, beside the scheduler: 1 worker with 2 threads and 2 GB, 1 worker with 1 thread and 1 GB'
    );
    await jupyter.resizeSidebar(220);
    await both.check(PANEL, 'form-one-job');
    await jupyter.resizeSidebar(320);
    await form.launch();
    const together = jupyter.card('together');
    await expect(together.card).toBeVisible();

    await wide.allRun(8);
    await expect(wide.card).toContainText('2 jobs, 8 workers');
    await together.allRun(4);
    await expect(together.card).toContainText('1 job, 2 nodes, 4 workers');
    expect(await slurm.queue()).toHaveLength(4);

    await wide.openStatus('wide');
    let status = jupyter.status('wide');
    let jobs = status.panel('Jobs');
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
    await page.setViewportSize({ width: 1000, height: 800 });
    await both.check(STATUS, 'workers');
    await page.setViewportSize({ width: 1440, height: 900 });
    await jobs.getByRole('button', { name: /^Log of w.*_1-2$/ }).click();
    const log = status.panel('Logs');
    await expect(log.getByLabel('Search in the log')).toHaveValue(/_1-2$/);
    await expect(log.getByText(/^1 of \d/)).toBeVisible();
    await expect(status.log()).toContainText(/_1-2\] .*Start worker at/);

    await wide.openScale();
    await page.keyboard.type('4');
    await expect(wide.card).toContainText('1 job, 4 workers');
    await wide.card.getByLabel('Number of workers').press('Enter');

    await together.openStatus('together');
    status = jupyter.status('together');
    jobs = status.panel('Jobs');
    await status.jobs(5);
    await expect(jobs).toContainText('in 1 job on 2 nodes');
    await expect(jobs.getByRole('row', { name: /_0-0, .* n0 / })).toBeVisible();
    await expect(jobs.getByRole('row', { name: /_1-1, .* n1 / })).toBeVisible();
    await jobs
      .getByRole('button', { name: /_1-0, details of its job$/ })
      .click();
    await jobs.getByRole('listbox').focus();
    await both.check(STATUS, 'one-job');
    await jobs.getByRole('button', { name: /^Log of w.*_1-1$/ }).click();
    await expect(status.log()).toContainText(/_1-1\] .*Start worker at/);
    const why = await together.openFixedScale();
    await expect(why).toContainText('so that their number stays 4');
    await both.check(PANEL, 'scale-one-job');
    await why.getByRole('button', { name: 'Close' }).click();

    await wide.allRun(4);
    await expect(wide.card).toContainText('1 job, 4 workers');
    await together.stop();
    await wide.stop();
    await expect.poll(() => slurm.queue(), { timeout: 60_000 }).toEqual([]);
    await status.jobs(5);
    await expect(jobs.getByRole('row', { name: /_1-1, .* n1 / })).toBeVisible();
    await both.check(STATUS, 'one-job-closed');
  }
);
