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

it('shows both scripts and copies one', async () => {
  const copied = vi.fn(() => true);
  Object.assign(document, { execCommand: copied });
  render(tab(new FakeModel()));
  expect(await screen.findAllByText(/exec true/)).toHaveLength(2);
  fireEvent.click(screen.getByLabelText('Copy the script: Workers'));
  await screen.findByText('Copied');
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
