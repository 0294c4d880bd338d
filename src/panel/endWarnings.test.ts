import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Cluster } from '../api/schema';
import { FakeModel } from '../testing/model';
import { makeCluster, NOW } from '../testing/samples';
import { CommandIDs } from '../tokens';
import { notifyOfEnds } from './endWarnings';

const trans = nullTranslator.load('test');
const { manager } = Notification;
const keep = vi.fn();
let model: FakeModel;

const idle = (minutes: number, change: Partial<Cluster['warning']> = {}) => {
  const at = new Date(NOW + minutes * 60_000).toISOString();
  return makeCluster({
    warning: { kind: 'idle', ends: 'cluster', at, ...change }
  });
};
const notices = () => manager.notifications.map(({ message }) => message);

beforeEach(async () => {
  keep.mockReset();
  const commands = new CommandRegistry();
  commands.addCommand(CommandIDs.resetIdle, { execute: keep });
  commands.addCommand(CommandIDs.reveal, { execute: () => undefined });
  model = new FakeModel([makeCluster()]);
  await notifyOfEnds(model, commands, trans);
});

afterEach(() => {
  model.dispose();
  manager.dismiss();
});

it('tells once, stays in sight, and goes when it no longer holds', () => {
  expect(notices()).toEqual([]);
  model.set({ clusters: [idle(9)] });
  model.set({ clusters: [idle(9)] });
  expect(notices()).toEqual([
    expect.stringMatching(/^demo is idle and ends at /)
  ]);
  expect(manager.notifications[0].options.autoClose).toBe(false);
  model.set({ clusters: [makeCluster()] });
  expect(notices()).toEqual([]);
});

it('follows an end that moves, and leaves alone what was dismissed', () => {
  model.set({ clusters: [idle(9)] });
  const [before] = notices();
  model.set({ clusters: [idle(8)] });
  expect(notices()).toHaveLength(1);
  expect(notices()).not.toEqual([before]);
  manager.dismiss();
  model.set({ clusters: [idle(7)] });
  expect(notices()).toEqual([]);
});

it('tells another end as well', () => {
  model.set({ clusters: [idle(9)] });
  model.set({ clusters: [idle(5, { kind: 'time', ends: 'workers' })] });
  expect(notices()).toEqual([expect.stringMatching(/the first workers reach/)]);
});

it('offers what prevents it, and says when that fails', async () => {
  keep.mockRejectedValue(new Error('Its scheduler does not answer.'));
  model.set({ clusters: [idle(9)] });
  const [action] = manager.notifications[0].options.actions ?? [];
  expect(action.label).toBe('Reset idle timer');
  action.callback(new MouseEvent('click'));
  expect(keep).toHaveBeenCalledWith({ id: '3f9c0a51d2' });
  await vi.waitFor(() =>
    expect(notices()).toContain('Its scheduler does not answer.')
  );
});
