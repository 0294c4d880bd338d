import type { JupyterFrontEnd } from '@jupyterlab/application';
import { CommandRegistry } from '@lumino/commands';
import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, expect, it, vi, type MockInstance } from 'vitest';
import { FakeModel } from '../testing/model';
import { makeCluster } from '../testing/samples';
import { CommandIDs } from '../tokens';
import { dashboardPlugin } from './plugin';

let open: MockInstance<typeof window.open>;
let commands: CommandRegistry;
let model: FakeModel;

beforeEach(() => {
  open = vi.spyOn(window, 'open').mockReturnValue(null);
  commands = new CommandRegistry();
  model = new FakeModel([makeCluster()]);
  const serverSettings = { baseUrl: 'https://hub.example/user/ada/' };
  const app = { commands, serviceManager: { serverSettings } };
  void dashboardPlugin.activate(
    app as unknown as JupyterFrontEnd,
    model,
    null,
    null
  );
});

it('opens under the base URL, in a tab that knows nothing of this one', async () => {
  await commands.execute(CommandIDs.openDashboard);
  expect(open).toHaveBeenCalledWith(
    'https://hub.example/user/ada/jupyterlab-dask-hpc/clusters/3f9c0a51d2/dashboard/k3y/status',
    '_blank',
    'noopener,noreferrer'
  );
});

it('tells what shows its command that it may be enabled or disabled now', () => {
  const changed = vi.fn();
  commands.commandChanged.connect((_, { id }) => void changed(id));
  model.set({ clusters: [] });
  expect(changed).toHaveBeenCalledWith(CommandIDs.openDashboard);
  expect(commands.isEnabled(CommandIDs.openDashboard)).toBe(false);
});

it('says why there is none', async () => {
  model.set({ clusters: [makeCluster({ state: 'queued', dashboard: null })] });
  const done = commands.execute(CommandIDs.openDashboard, { id: '3f9c0a51d2' });
  await screen.findByText(/still in the queue/);
  fireEvent.click(screen.getByRole('button', { hidden: true }));
  await done;
  expect(open).not.toHaveBeenCalled();
});
