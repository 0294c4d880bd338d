import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, render, screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { ServerError } from '../api/client';
import type { Finding } from '../api/examination';
import { FakeModel } from '../testing/model';
import { centre } from '../testing/profiles';
import { ProfileCheck } from './ProfileCheck';

const trans = nullTranslator.load('');

const ok: Finding = {
  check: 'batch.sbatch',
  title: 'sbatch',
  status: 'ok',
  found: 'slurm 24.11.3',
  advice: '',
  keys: []
};
const failed: Finding = {
  check: 'scratch',
  title: 'scratch (worker)',
  status: 'failed',
  found: '/tmp is in memory (tmpfs).',
  advice: 'Set a folder on the disk of the node.',
  keys: ['scratch']
};

function show(model: FakeModel): void {
  render(
    <ProfileCheck
      model={model}
      trans={trans}
      profile={centre}
      workspace={() => 'analysis'}
    />
  );
}

it('shows what was found, what failed first, with remedy and key', async () => {
  const model = new FakeModel();
  model.examine.mockResolvedValue([ok, failed]);
  show(model);
  fireEvent.click(screen.getByRole('button', { name: 'Check this profile' }));
  expect(screen.getByRole('status').textContent).toMatch(/^Checking/);
  // A dialog hides itself from roles until a browser has laid it out.
  const dialog = await screen.findByRole('dialog', { hidden: true });
  const [first, second] = within(dialog).getAllByRole('row', { hidden: true });
  expect(first.textContent).toBe(
    'failedscratch (worker)/tmp is in memory (tmpfs).Set a folder on the disk of the node.scratch'
  );
  expect(second.textContent).toBe('oksbatchslurm 24.11.3');
  expect(model.examine).toHaveBeenCalledWith(centre.name, 'analysis');
  expect(screen.getByRole('status').textContent).toBe('');
  fireEvent.click(within(dialog).getByText('Close'));
});

it('runs one check at a time, and says why there was none', async () => {
  const model = new FakeModel();
  let refuse = (_: Error): void => undefined;
  model.examine.mockReturnValue(
    new Promise((_, reject) => {
      refuse = reject;
    })
  );
  show(model);
  const button = screen.getByRole('button', { name: 'Check this profile' });
  fireEvent.click(button);
  fireEvent.click(button);
  expect(model.examine).toHaveBeenCalledTimes(1);
  refuse(
    new ServerError({ message: 'A check is running.', status: 409, reason: '' })
  );
  expect(await screen.findByText('A check is running.')).toBeDefined();
  fireEvent.click(screen.getByText('Close'));
});
