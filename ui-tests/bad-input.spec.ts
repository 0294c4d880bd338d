/** A clear message at the place where it was caused. */
import { expect, test } from './fixtures';

test(
  'a value over the limit',
  { tag: '@slurm' },
  async ({ slurm, startLab, open }) => {
    const lab = await startLab({ slurm });
    const jupyter = await open(lab);
    const form = await jupyter.newCluster();
    const memory = form.field('Worker memory');
    await form.fill({ 'Worker memory': '64G' });
    await expect(memory).toHaveAccessibleDescription(/At most 32G\./);
    await expect(form.launchButton).toHaveAttribute('aria-disabled', 'true');
    await form.field('Name').press('Enter');
    await expect(memory).toBeFocused();
    await form.form.getByRole('button', { name: 'Use 32G' }).click();
    await expect(memory).toHaveValue('32G');
    await form.fill({ 'Worker jobs': '3001' });
    await expect(form.field('Worker jobs')).toHaveAccessibleDescription(
      /A whole number from 1 to 3,000\./
    );
    expect(await lab.clusters()).toEqual([]);

    const answer = await lab.call('POST', 'clusters', {
      profile: 'cc-in2p3',
      workers: { memory: '64G' }
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      reason: 'invalid',
      field: 'workers.memory'
    });
    expect(await lab.clusters()).toEqual([]);
  }
);

test('Slurm refuses', { tag: '@slurm' }, async ({ slurm, startLab, open }) => {
  const lab = await startLab({
    slurm,
    profile: ['scheduler__partition=nowhere']
  });
  const jupyter = await open(lab);
  const form = await jupyter.newCluster();
  await form.launch();
  await expect(form.error()).toContainText('Slurm refused');
  await expect(form.error()).toContainText(/invalid partition/i);
  expect(await slurm.queue()).toEqual([]);
});
