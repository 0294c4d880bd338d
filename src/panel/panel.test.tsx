import { nullTranslator } from '@jupyterlab/translation';
import { StateDB } from '@jupyterlab/statedb';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../api/schema';
import { FakeModel } from '../testing/model';
import { makeBatch, makeCluster } from '../testing/samples';
import { ClusterPanel } from './panel';

let panel: ClusterPanel;
let model: FakeModel;

async function open(
  clusters: Cluster[],
  state = new StateDB()
): Promise<StateDB> {
  model = new FakeModel(clusters);
  panel = new ClusterPanel({
    model,
    commands: new CommandRegistry(),
    translator: nullTranslator,
    state,
    workspace: () => 'analysis',
    activate: () => Promise.resolve()
  });
  await act(async () => {
    Widget.attach(panel, document.body);
    await model.ready;
  });
  return state;
}

afterEach(() => act(() => panel.dispose()));

const isOpen = (name: RegExp) =>
  [...document.querySelectorAll('.jp-AccordionPanel-title')]
    .find(one => name.test(one.textContent ?? ''))
    ?.getAttribute('aria-expanded') === 'true';

describe('sections', () => {
  it('are both open without a cluster', async () => {
    await open([]);
    await waitFor(() => expect(isOpen(/New cluster/)).toBe(true));
    expect(isOpen(/Clusters/)).toBe(true);
  });

  it('show the clusters alone when there are some', async () => {
    await open([makeCluster()]);
    await waitFor(() => expect(isOpen(/New cluster/)).toBe(false));
    expect(isOpen(/Clusters/)).toBe(true);
  });

  it('stay as the user left them', async () => {
    const state = await open([makeCluster()]);
    await waitFor(() => expect(isOpen(/New cluster/)).toBe(false));
    fireEvent.click(screen.getByText('New cluster'));
    await waitFor(async () =>
      expect(await state.fetch('jupyterlab-dask-hpc:sections')).toEqual([
        true,
        true
      ])
    );
    act(() => panel.dispose());
    await open([makeCluster()], state);
    await waitFor(() => expect(isOpen(/New cluster/)).toBe(true));
  });
});

describe('the foot', () => {
  it('says when the batch system answered', async () => {
    await open([makeCluster()]);
    await screen.findByText('Slurm answered 3 s ago');
    act(() => model.set({ batch: [makeBatch({ stale: true })] }));
    await screen.findByText(
      /Slurm has not answered since \d\d:\d\d\. Shown as of then\./
    );
  });

  it('names what cannot be shown', async () => {
    await open([makeCluster()]);
    const trouble = 'The record of the cluster 3f9c0a51d2 cannot be used.';
    act(() => model.set({ notices: [trouble] }));
    await screen.findByText(trouble);
    screen.getByText('Slurm answered 3 s ago');
  });

  it('says that the notebook server is lost', async () => {
    await open([makeCluster()]);
    act(() => model.set({ connected: false, connectionError: 'It is lost.' }));
    await screen.findByText(/^It is lost\. Shown as of \d\d:\d\d\.$/);
  });
});

it('opens the form with the focus in it', async () => {
  await open([makeCluster()]);
  act(() => panel.openForm());
  const name = await screen.findByLabelText('Name');
  await waitFor(() => expect(document.activeElement).toBe(name));
  expect(isOpen(/New cluster/)).toBe(true);
});

it('asks for a number of workers with the focus on it, also when asked twice', async () => {
  await open([makeCluster()]);
  act(() => panel.scale('3f9c0a51d2'));
  const field = await screen.findByLabelText('Number of workers');
  await waitFor(() => expect(document.activeElement).toBe(field));
  field.blur();
  act(() => panel.scale('3f9c0a51d2'));
  await waitFor(() => expect(document.activeElement).toBe(field));
});

it('moves the focus to the card of a launched cluster', async () => {
  await open([]);
  act(() => panel.openForm());
  model.launch.mockImplementation(async () => {
    const cluster = makeCluster({ id: 'new', name: 'new', state: 'requested' });
    model.set({ clusters: [cluster] });
    return cluster;
  });
  const name = await screen.findByLabelText('Name');
  fireEvent.change(name, { target: { value: 'new' } });
  fireEvent.click(screen.getByRole('button', { name: 'Launch' }));
  await waitFor(() => expect(document.activeElement?.textContent).toBe('new'));
  expect(isOpen(/New cluster/)).toBe(false);
});
