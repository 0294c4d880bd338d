/** What the tests start from. */
import { test as base, expect } from '@playwright/test';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { JupyterPage } from './pages/jupyter';
import { Lab, type ILabOptions } from './support/lab';
import { CHECKOUT } from './support/run';
import { Slurm } from './support/slurm';

interface IFixtures {
  /** Starts servers; they are ended after the test, and must leave nothing running. */
  startLab: (options?: ILabOptions) => Promise<Lab>;
  /** JupyterLab in a tab of the browser, logged in. */
  open: (lab: Lab, workspace?: string) => Promise<JupyterPage>;
  /** Where a picture of the documentation goes: there only when UPDATE_SCREENSHOTS is 1. */
  picture: (name: string) => string;
}

export const test = base.extend<IFixtures, { slurm: Slurm }>({
  slurm: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const slurm = await Slurm.up();
      await use(slurm);
      await slurm.down();
    },
    { scope: 'worker', timeout: 180_000 }
  ],

  // eslint-disable-next-line no-empty-pattern
  startLab: async ({}, use, info) => {
    const started: Lab[] = [];
    await use(async options => {
      started.push(await Lab.start(options));
      return started[started.length - 1];
    });
    for (const lab of started) {
      if (info.status !== info.expectedStatus) {
        await info.attach('server.log', { body: await lab.log() });
        console.log(await lab.log());
      }
      expect(await lab.end(), 'left running').toEqual([]);
    }
  },

  open: async ({ context }, use) => {
    await use(async (lab, workspace) =>
      JupyterPage.open(await context.newPage(), lab, workspace)
    );
  },

  // eslint-disable-next-line no-empty-pattern
  picture: async ({}, use, info) => {
    const folder =
      process.env.UPDATE_SCREENSHOTS === '1'
        ? join(CHECKOUT, 'docs/images')
        : info.outputDir;
    mkdirSync(folder, { recursive: true });
    await use(name => join(folder, `${name}.png`));
  }
});

export { expect };
