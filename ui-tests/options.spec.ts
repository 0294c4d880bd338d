/** Options that users choose, and a profile with mistakes beside them, on a real server. */
import AxeBuilder from '@axe-core/playwright';
import type { Locator } from '@playwright/test';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { expect, test } from './fixtures';

const PANEL = '.jp-DaskHpc-Panel';
const MODULES = Array.from({ length: 12 }, (_, index) => `tool/${index}`);
const SHORT = {
  value: 'short',
  title: 'Short: at most 10 minutes',
  limits: { workers: { time: { maximum: '10m' } } }
};
const BROKEN = `{
  "name": "farm",
  "title": "Large farm",
  "batch": "local",
  "workers": {
    "jobs": { "default": 1, "maximum": 8 },
    "memory": { "default": "1G", "maximun": "64G" },
    "cpus": { "default": 1, "maximum": 32 },
    "time": { "default": "60", "maximum": "1-00:00:00" }
  },
  "scheduler": {
    "memory": { "default": "1G", "maximum": "64G" },
    "time": { "default": "08:00:00", "maximum": "1-00:00:00" }
  },
  "idle_timeout": { "default": "02:00:00" }
}
`;

test('options are chosen, limit other fields and are remembered', async ({
  startLab,
  open
}, info) => {
  const images = info.outputPath('images');
  await mkdir(info.outputDir, { recursive: true });
  await writeFile(images, 'base\ntorch\n');
  const options = {
    image: { from: { command: ['cat', images] }, title: 'Image' },
    size: { choices: ['any', SHORT] },
    modules: { choices: MODULES, several: true },
    note: { text: '[a-z ]*', help: 'A word for your colleagues' }
  };
  const set = { IMAGE: '{image}', NOTE: '{note}{size}' };
  const lab = await startLab({
    profile: [
      'batch=local',
      `options=${JSON.stringify(options)}`,
      `environment=${JSON.stringify({ set })}`,
      'setup=["true {modules}"]'
    ],
    others: { farm: BROKEN }
  });
  const jupyter = await open(lab);
  const { page } = jupyter;
  const picture = (name: string) =>
    page.screenshot({ path: info.outputPath(`${name}.png`) });
  const accessible = async (what: string): Promise<void> => {
    for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
      await jupyter.setTheme(theme);
      const { violations } = await new AxeBuilder({ page })
        .include(PANEL)
        .analyze();
      const found = violations.map(({ id, nodes }) => [id, nodes[0].html]);
      expect.soft(found, `${what}, ${theme}`).toEqual([]);
      await picture(`${what} ${theme}`);
    }
  };
  const { form } = await jupyter.newCluster();
  const field = (label: string): Locator =>
    form.getByLabel(label, { exact: true });

  await expect(field('Image').locator('option')).toHaveText(['base', 'torch']);
  await field('Image').selectOption('torch');
  await field('Worker time').fill('4h');
  await field('Size').selectOption('short');
  await expect(field('Worker time')).toHaveAccessibleDescription(
    /Size short: at most 00:10:00\./
  );
  await field('Note').fill('UPPER');
  await field('Note').blur();
  await expect(field('Note')).toHaveAccessibleDescription(/does not match/);

  // By keyboard alone.
  const modules = form.getByRole('group', { name: 'Modules' });
  await field('Filter Modules').focus();
  await page.keyboard.type('tool/1');
  await expect(modules.getByRole('checkbox')).toHaveCount(3);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await expect(modules).toHaveAccessibleDescription('tool/1, tool/10');
  await modules.scrollIntoViewIfNeeded();
  await accessible('options');

  await rm(images);
  const again = form.getByRole('button', { name: /choices of "Image"/ });
  await again.click();
  await expect(field('Image')).toHaveAccessibleDescription(
    /^The choices are those of \d\d:\d\d\. .*No such file/s
  );
  await expect(field('Image')).toHaveValue('torch');

  // A profile with mistakes, beside it.
  await form.getByText('Profile Large farm has 2 mistakes.').click();
  await expect(form.getByText(/Line 7:.*maximum\?/)).toBeVisible();
  await accessible('broken profile');
  await jupyter.resizeSidebar(240);
  await field('Name').scrollIntoViewIfNeeded();
  await picture('narrow');
  await field('Filter Modules').scrollIntoViewIfNeeded();
  await picture('narrow options');
  await jupyter.resizeSidebar(300);

  await form.getByRole('button', { name: 'Use 00:10:00' }).click();
  await field('Note').fill('mine');
  await field('Name').fill('chosen');
  await field('Worker jobs').fill('1');
  await form.getByRole('button', { name: 'Launch' }).click();
  const card = jupyter.card('chosen');
  await card.allRun(1);
  const { clusters } = (await lab.call('GET', 'clusters')).body as {
    clusters: { request: { options: object } }[];
  };
  expect(clusters[0].request.options).toEqual({
    image: 'torch',
    size: 'short',
    modules: ['tool/1', 'tool/10'],
    note: 'mine'
  });
  await card.stop();

  // Another day, on which torch is gone.
  await writeFile(images, 'base\n');
  await page.reload();
  await jupyter.ready();
  await jupyter.newCluster();
  await again.click();
  await expect(field('Image')).toHaveAccessibleDescription(
    /torch was chosen before, and is no longer offered\./
  );
  await expect(field('Image')).toHaveValue('base');
  await expect(field('Size')).toHaveValue('short');
  await expect(modules.getByRole('checkbox', { checked: true })).toHaveCount(2);
});
