import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';

import { FakeModel } from '../../testing/model';
import { makeCluster } from '../../testing/samples';
import { ScriptsTab } from './ScriptsTab';

const tab = (model: FakeModel) => (
  <ScriptsTab
    model={model}
    cluster={makeCluster()}
    translator={nullTranslator}
  />
);

it('has a tab for each script and copies the one that is shown', async () => {
  const copied = vi.fn(() => true);
  Object.assign(document, { execCommand: copied });
  render(tab(new FakeModel()));
  expect(await screen.findAllByText(/exec true/)).toHaveLength(2);
  fireEvent.click(screen.getByRole('tab', { name: 'Workers' }));
  fireEvent.click(screen.getByRole('button', { name: 'Copy' }));
  await screen.findByText('Copied');
  fireEvent.click(screen.getByRole('tab', { name: 'Scheduler' }));
  expect(screen.queryByText('Copied')).toBeNull();
  expect(copied).toHaveBeenCalledWith('copy');
});

it('says what went wrong and tries again', async () => {
  const model = new FakeModel();
  model.scripts.mockRejectedValueOnce(new Error('No such cluster.'));
  render(tab(model));
  await screen.findByText('No such cluster.');
  fireEvent.click(screen.getByText('Try again'));
  expect(await screen.findAllByText(/exec true/)).toHaveLength(2);
});
