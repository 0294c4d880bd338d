/** GPUs in the form and in the status, on a real Slurm that hands out invented ones. */
import { expect, test } from './fixtures';

test(
  'a job with two GPUs has two workers',
  { tag: '@slurm' },
  async ({ slurm, startLab, open }, info) => {
    const offer = [
      'workers__gpus={"default": 0, "maximum": 2}',
      'workers__gpu_model=["a100", "h100"]'
    ];
    const lab = await startLab({ slurm, profile: offer });
    const jupyter = await open(lab);
    const { page } = jupyter;
    const picture = (name: string) =>
      page.screenshot({ path: info.outputPath(`${name}.png`) });

    const form = await jupyter.newCluster();
    await form.fill({
      Name: 'gpus',
      'Worker jobs': '1',
      'Worker memory': '2G',
      'GPUs per job': '2'
    });
    await expect(
      form.form.getByText('2 workers, one for each GPU, share the CPUs')
    ).toBeVisible();
    await picture('too-few-cpus');
    await form.fill({ 'Worker CPUs': '2' });
    await form.field('GPU model').selectOption('h100');
    await form.form.getByRole('button', { name: /^Advanced/ }).click();
    await expect(form.field('Workers per job')).toHaveValue('2');
    await expect(form.form).toContainText('2 GPUs');
    await picture('form');
    await form.launch();

    const card = jupyter.card('gpus');
    await card.allRun(2);
    await card.openStatus('gpus');
    const status = jupyter.status('gpus');
    const jobs = status.panel('Jobs');
    await status.jobs(3);
    await jobs.getByRole('listbox').focus();
    await page.keyboard.press('End');
    await expect(
      jobs.getByText(/^CUDA_VISIBLE_DEVICES=[23]$/).first()
    ).toBeVisible();
    await expect(page.locator('.jp-DaskHpc-Facts')).toContainText(
      '2 GPUs (h100)'
    );
    await picture('status');
    await card.stop();
    await expect.poll(() => slurm.queue(), { timeout: 30_000 }).toEqual([]);
  }
);
