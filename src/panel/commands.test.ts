import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeModel } from '../testing/model';
import { makeCluster, makeSurvey } from '../testing/samples';
import { CommandIDs } from '../tokens';
import { addCommands } from './commands';
import { notifyOfFailures } from './failures';

const trans = nullTranslator.load('test');
let commands: CommandRegistry;
let model: FakeModel;
const panel = {
  id: 'panel',
  openForm: vi.fn(),
  reveal: vi.fn(),
  scale: vi.fn()
};

beforeEach(() => {
  vi.clearAllMocks();
  commands = new CommandRegistry();
  model = new FakeModel();
  addCommands({ commands, model, panel, trans });
});

/** Press a button of the dialog that opens. */
async function answer(name: string): Promise<void> {
  fireEvent.click(await screen.findByRole('button', { name, hidden: true }));
}

describe('stop', () => {
  it('is not offered without a live cluster', () => {
    expect(commands.isEnabled(CommandIDs.stop)).toBe(false);
    model.set({ clusters: [makeCluster({ state: 'closed' })] });
    expect(commands.isEnabled(CommandIDs.stop)).toBe(false);
    model.set({ clusters: [makeCluster()] });
    expect(commands.isEnabled(CommandIDs.stop)).toBe(true);
  });

  it('asks about the only live cluster', async () => {
    model.set({ clusters: [makeCluster()] });
    const cancelled = commands.execute(CommandIDs.stop);
    await screen.findByText('Stop demo?');
    await answer('Cancel');
    await cancelled;
    expect(model.stop).not.toHaveBeenCalled();
    const stopped = commands.execute(CommandIDs.stop);
    await answer('Stop');
    await stopped;
    expect(model.stop).toHaveBeenCalledWith('3f9c0a51d2');
  });

  it('asks which one when several live', async () => {
    model.set({ clusters: [makeCluster(), makeSurvey()] });
    const stopped = commands.execute(CommandIDs.stop);
    const choice = await screen.findByLabelText('Choose the Cluster to Stop');
    fireEvent.change(choice, { target: { value: 'a1b2c3d4e5' } });
    await answer('Next');
    await screen.findByText('Stop survey-3k?');
    await answer('Stop');
    await stopped;
    expect(model.stop).toHaveBeenCalledWith('a1b2c3d4e5');
  });

  it('is meant for the one that runs, not for one of its name that closes', async () => {
    const old = makeCluster({ id: 'old', state: 'closing' });
    model.set({ clusters: [makeCluster(), old] });
    await commands.execute(CommandIDs.stop, { asked: true });
    expect(model.stop).toHaveBeenCalledWith('3f9c0a51d2');
  });

  it('asks no second time what the card has asked', async () => {
    model.set({ clusters: [makeCluster()] });
    await commands.execute(CommandIDs.stop, { id: '3f9c0a51d2', asked: true });
    expect(model.stop).toHaveBeenCalledWith('3f9c0a51d2');
  });
});

describe('scale', () => {
  it('is offered while a cluster lasts, and for that one alone', () => {
    const offered = (id?: string) =>
      commands.isEnabled(CommandIDs.scale, { id });
    expect(offered()).toBe(false);
    model.set({ clusters: [makeCluster({ state: 'closing' })] });
    expect(offered()).toBe(false);
    model.set({ clusters: [...model.clusters, makeSurvey()] });
    expect(offered()).toBe(true);
    expect(offered('a1b2c3d4e5')).toBe(true);
    expect(offered('3f9c0a51d2')).toBe(false);
  });

  it('asks in the card of the only live cluster', async () => {
    model.set({ clusters: [makeCluster()] });
    await commands.execute(CommandIDs.scale);
    expect(panel.scale).toHaveBeenCalledWith('3f9c0a51d2');
    expect(model.scale).not.toHaveBeenCalled();
  });

  it('asks no more where the number is given', async () => {
    model.set({ clusters: [makeCluster()] });
    await commands.execute(CommandIDs.scale, { id: '3f9c0a51d2', jobs: 0 });
    expect(model.scale).toHaveBeenCalledWith('3f9c0a51d2', 0);
    expect(panel.scale).not.toHaveBeenCalled();
  });
});

describe('keeping workers', () => {
  it('is a mark at each cluster', () => {
    model.set({
      clusters: [makeCluster({ replace_workers: true }), makeSurvey()]
    });
    const replaces = (id: string) =>
      commands.isToggled(CommandIDs.replaceWorkers, { id });
    expect([replaces('3f9c0a51d2'), replaces('a1b2c3d4e5')]).toEqual([
      true,
      false
    ]);
  });

  it('is turned on, and off again', async () => {
    const id = '3f9c0a51d2';
    for (const replace_workers of [false, true]) {
      model.set({ clusters: [makeCluster({ replace_workers })] });
      await commands.execute(CommandIDs.replaceWorkers, { id });
      expect(model.replaceWorkers).toHaveBeenLastCalledWith(
        id,
        !replace_workers
      );
    }
    await commands.execute(CommandIDs.replaceWorkers, { id, replace: true });
    expect(model.replaceWorkers).toHaveBeenLastCalledWith(id, true);
  });

  it('is not offered in one job, which is said', () => {
    const { id } = makeCluster();
    const { replaceWorkers } = CommandIDs;
    expect(commands.caption(replaceWorkers, { id })).toMatch(/^New workers/);
    model.set({ clusters: [makeCluster({ fixed_workers: 4 })] });
    expect(commands.isEnabled(replaceWorkers, { id })).toBe(false);
    expect(commands.caption(replaceWorkers, { id })).toMatch(
      /end together with the scheduler/
    );
  });
});

it('launches again with the memory that is suggested', async () => {
  const suggestion = { message: 'Less.', workers: { memory: '2G' } };
  const usage = {
    requested_cpu_seconds: 1,
    used_cpu_seconds: 1,
    requested_memory: 1,
    used_memory: 1,
    busy_percent: 1,
    suggestion
  };
  model.set({ clusters: [{ ...makeSurvey(), usage }] });
  for (const suggested of [true, false]) {
    await commands.execute(CommandIDs.launchAgain, {
      id: 'a1b2c3d4e5',
      suggested
    });
    expect(panel.openForm).toHaveBeenLastCalledWith(
      expect.objectContaining({
        workers: {
          ...makeSurvey().request.workers,
          memory: suggested ? '2G' : '3G'
        }
      })
    );
  }
});

it('launches the same again under another name', async () => {
  model.set({ clusters: [makeSurvey()] });
  await commands.execute(CommandIDs.launchAgain, { id: 'a1b2c3d4e5' });
  expect(panel.openForm).toHaveBeenCalledWith(
    expect.objectContaining({
      name: undefined,
      profile: 'cc-in2p3',
      workers: {
        jobs: 3000,
        nodes: 1,
        memory: '3G',
        cpus: 1,
        time: '02:00:00',
        processes: 1,
        threads: 0
      }
    })
  );
});

it('keeps an idle cluster running', async () => {
  model.set({ clusters: [makeCluster()] });
  await commands.execute(CommandIDs.resetIdle, { id: '3f9c0a51d2' });
  expect(model.resetIdle).toHaveBeenCalledWith('3f9c0a51d2');
});

it('reveals the only cluster without asking', async () => {
  model.set({ clusters: [makeCluster()] });
  await commands.execute(CommandIDs.reveal);
  expect(panel.reveal).toHaveBeenCalledWith('3f9c0a51d2');
});

describe('a notice', () => {
  it('tells what fails while one looks on, once and with its name first', async () => {
    const error = vi.spyOn(Notification, 'error').mockReturnValue('');
    const old = makeCluster({
      id: 'old',
      state: 'failed',
      reason: 'Long ago.'
    });
    model.set({ clusters: [old, makeCluster()] });
    await notifyOfFailures(model, commands, trans);
    const reason = `Its scheduler ended: ${'x'.repeat(200)}`;
    const failed = makeCluster({ state: 'failed', reason });
    model.set({ clusters: [old, failed] });
    model.set({ clusters: [old, failed] });
    expect(error).toHaveBeenCalledOnce();
    const text = error.mock.calls[0][0];
    expect(text).toMatch(/^demo failed: Its scheduler ended/);
    expect(text).toHaveLength(140);
    error.mockRestore();
  });
});
