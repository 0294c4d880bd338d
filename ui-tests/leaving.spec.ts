/** Whatever way a server is left, nothing of its clusters lives on. */
import type { Lab } from './support/lab';
import type { Slurm } from './support/slurm';
import { expect, test } from './fixtures';

/** A cluster of two workers, both running. */
async function running(lab: Lab): Promise<void> {
  const { status, body } = await lab.call('POST', 'clusters', {
    name: 'demo',
    profile: 'cc-in2p3',
    workers: { jobs: 2, memory: '1G' }
  });
  expect(status, JSON.stringify(body)).toBe(201);
  await expect
    .poll(async () => (await lab.clusters())[0].workers.connected, {
      timeout: 120_000
    })
    .toBe(2);
  expect((await lab.jobProcesses()).length).toBeGreaterThan(2);
}

async function nothingLeft(lab: Lab, slurm: Slurm): Promise<void> {
  await expect.poll(() => slurm.queue(), { timeout: 30_000 }).toEqual([]);
  await expect.poll(() => lab.jobProcesses(), { timeout: 30_000 }).toEqual([]);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(
    `the server gets ${signal}`,
    { tag: '@slurm' },
    async ({ slurm, startLab }) => {
      const lab = await startLab({ slurm });
      await running(lab);
      lab.signal(signal);
      await expect.poll(() => lab.ended).toBe(true);
      await nothingLeft(lab, slurm);
    }
  );
}

test(
  'File > Shut Down',
  { tag: '@slurm' },
  async ({ slurm, startLab, open }) => {
    const lab = await startLab({ slurm });
    await running(lab);
    const jupyter = await open(lab);
    await jupyter.choose('File', 'Shut Down');
    await expect(jupyter.dialog()).toContainText(
      'Stop 1 cluster and shut down?'
    );
    await jupyter
      .dialog()
      .getByRole('button', { name: 'Stop and Shut Down' })
      .click();
    // JupyterLab's own question follows.
    await jupyter
      .dialog()
      .getByRole('button', { name: 'Shut Down', exact: true })
      .click();
    await expect.poll(() => lab.ended).toBe(true);
    await nothingLeft(lab, slurm);
  }
);

test(
  'Log Out of a server with a password',
  { tag: '@slurm' },
  async ({ slurm, startLab, open }) => {
    const lab = await startLab({ slurm, password: 'correct horse' });
    const jupyter = await open(lab);
    const { page } = jupyter;
    await page.getByLabel(/password/i).fill('correct horse');
    await page.getByRole('button', { name: /log in/i }).click();
    await jupyter.ready();
    const form = await jupyter.newCluster();
    await form.fill({ Name: 'demo', 'Worker jobs': '2' });
    await form.launch();
    await jupyter.card('demo').allRun(2);

    await jupyter.choose('File', 'Log Out');
    await jupyter.dialog().getByRole('button', { name: 'Cancel' }).click();
    await expect(jupyter.card('demo').card).toContainText('2 of 2 running');

    await jupyter.choose('File', 'Log Out');
    await jupyter
      .dialog()
      .getByRole('button', { name: 'Stop and Log Out' })
      .click();
    await page.waitForURL(/\/(logout|login)/);
    await nothingLeft(lab, slurm);
  }
);
