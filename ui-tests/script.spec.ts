/** A script from the file browser: the form, the card, its log. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './fixtures';
import { LaunchForm } from './pages/launch';

test('a script runs on a cluster and shows how it ended', async ({
  startLab,
  open,
  picture
}) => {
  const lab = await startLab();
  const text =
    'from distributed import Client\nprint("sum", Client().submit(sum, [1, 2]).result())\nraise SystemExit(3)\n';
  await writeFile(join(lab.folder, 'work', 'fit.py'), text);
  const { page, ...jupyter } = await open(lab).then(one => ({
    page: one.page,
    card: one.card.bind(one)
  }));
  const file = page.getByRole('listitem', { name: /Name: fit.py/ });
  await file.click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Run on a Dask cluster/ }).click();
  const form = new LaunchForm(page);
  await expect(form.field('Script')).toHaveValue('fit.py');
  await expect(form.field('Name')).toHaveAttribute('placeholder', 'fit');
  await page.screenshot({ path: picture('script-form') });
  await form.launch();
  const { card } = jupyter.card('fit');
  await expect(card).toContainText('fit.py ended with exit code 3', {
    timeout: 90_000
  });
  await expect(card).toContainText('sum 3');
  await page.screenshot({ path: picture('script-card') });
  await card.getByRole('button', { name: 'Open log' }).click();
  await expect(page.locator('.cm-content')).toContainText('sum 3');
});
