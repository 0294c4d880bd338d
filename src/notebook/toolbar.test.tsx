import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookModel } from '@jupyterlab/notebook/lib/model';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeModel } from '../testing/model';
import { makeCluster } from '../testing/samples';
import { CommandIDs } from '../tokens';
import { connectingCell } from './cells';
import { NotebookCluster } from './toolbar';

const notebook = new NotebookModel();
const panel = {
  isDisposed: false,
  context: { model: notebook, ready: Promise.resolve() }
} as unknown as NotebookPanel;
const reveal = vi.fn();
let model: FakeModel;
let item: NotebookCluster;

beforeEach(() => {
  const commands = new CommandRegistry();
  commands.addCommand(CommandIDs.reveal, { execute: reveal });
  model = new FakeModel([makeCluster()]);
  item = new NotebookCluster({
    panel,
    model,
    commands,
    translator: nullTranslator
  });
  Widget.attach(item, document.body);
});

afterEach(() => {
  item.dispose();
  notebook.sharedModel.deleteCellRange(0, notebook.cells.length);
});

it('shows the cluster once the notebook has a cell for it, as it stands', async () => {
  await panel.context.ready;
  expect(item.isHidden).toBe(true);
  notebook.sharedModel.insertCell(0, {
    cell_type: 'code',
    source: connectingCell('demo')
  });
  const button = await screen.findByRole('button', {
    name: 'demo: 4 of 4 running'
  });
  expect(item.isHidden).toBe(false);
  expect(button.textContent).toBe('demo4/4');

  model.set({ clusters: [makeCluster({ workers: { running: 3 } })] });
  await waitFor(() => expect(item.node.textContent).toBe('demo3/4'));

  button.click();
  expect(reveal).toHaveBeenCalledOnce();
  expect(reveal.mock.calls[0][0]).toEqual({ id: '3f9c0a51d2' });

  model.set({ clusters: [makeCluster({ state: 'closed' })] });
  expect(item.isHidden).toBe(true);
});

it('goes when the cell goes', async () => {
  notebook.sharedModel.insertCell(0, {
    cell_type: 'code',
    source: connectingCell('demo')
  });
  await waitFor(() => expect(item.isHidden).toBe(false));
  notebook.sharedModel.deleteCell(0);
  await waitFor(() => expect(item.isHidden).toBe(true));
});

it('takes no notice of a cell that is text', async () => {
  notebook.sharedModel.insertCell(0, {
    cell_type: 'markdown',
    source: connectingCell('demo')
  });
  model.set({});
  await panel.context.ready;
  expect(item.isHidden).toBe(true);
});
