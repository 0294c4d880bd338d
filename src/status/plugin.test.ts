import type { JupyterFrontEnd } from '@jupyterlab/application';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { act, screen } from '@testing-library/react';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { FakeModel } from '../testing/model';
import { makeCluster, makeSurvey } from '../testing/samples';
import { CommandIDs } from '../tokens';
import { statusPlugin } from './plugin';
import type { StatusWidget } from './widget';

let commands: CommandRegistry;
let model: FakeModel;
let opened: Widget[];

// JupyterLab's toolbar takes its time where others compute too.
vi.setConfig({ testTimeout: 60_000 });
// The first opening loads the widget's code, which takes its time in a test.
beforeAll(() => import('./widget'), 60_000);

beforeEach(() => {
  commands = new CommandRegistry();
  opened = [];
  const shell = {
    add: (widget: Widget) => {
      opened.push(widget);
      Widget.attach(widget, document.body);
    },
    activateById: () => undefined
  };
  const app = { commands, shell } as unknown as JupyterFrontEnd;
  model = new FakeModel([
    makeSurvey(),
    makeCluster({ state: 'closed', closed: '2026-11-21T14:00:00Z' })
  ]);
  void statusPlugin.activate(app, model, null, null, null);
});

afterEach(() => {
  act(() => opened.forEach(widget => widget.dispose()));
});

const run = (command: string, args = {}) =>
  act(() => commands.execute(command, args) as Promise<StatusWidget>);

it('opens the only live cluster without being told which', async () => {
  const widget = await run(CommandIDs.openStatus);
  expect(widget.clusterId).toBe(makeSurvey().id);
  expect(widget.title.label).toBe('survey-3k');
  expect(widget.title.icon).toBeDefined();
  expect(await screen.findByText('Needs attention')).toBeDefined();
});

it('has one widget a cluster, and brings what is asked for in sight', async () => {
  const { id } = makeSurvey();
  const first = await run(CommandIDs.openStatus, { id });
  const second = await run(CommandIDs.openScripts, { id });
  const third = await run(CommandIDs.openStatus, { id: makeCluster().id });
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  expect(first.place.tab).toBe('scripts');
  expect(opened).toHaveLength(2);
});

it('comes back to the tab that was open', async () => {
  const { id } = makeSurvey();
  const widget = await run(CommandIDs.openScripts, { id });
  await run(CommandIDs.openStatus, { id });
  expect(widget.place.tab).toBe('scripts');
});

it('ends its watch with the widget', async () => {
  const widget = await run(CommandIDs.openStatus);
  act(() => widget.dispose());
  opened = [];
  expect(model.watches.map(({ isDisposed }) => isDisposed)).toEqual([true]);
});

it('cannot be run without a cluster', () => {
  model.set({ clusters: [] });
  expect(commands.isEnabled(CommandIDs.openStatus)).toBe(false);
});

it('has a button for more that opens a menu, and is neither pressed nor not', async () => {
  await run(CommandIDs.openStatus);
  const more = await screen.findByTitle('More');
  expect(more.getAttribute('aria-haspopup')).toBe('menu');
  expect(more.hasAttribute('aria-pressed')).toBe(false);
  act(() => more.click());
  const entry = await screen.findByRole('menu');
  expect(entry.querySelectorAll('.lm-Menu-item')).toHaveLength(3);
});

it.each([CommandIDs.openStatus, CommandIDs.openLogs, CommandIDs.openScripts])(
  'tells what shows %s that it may be enabled or disabled now',
  command => {
    const changed = vi.fn();
    commands.commandChanged.connect((_, { id }) => void changed(id));
    model.set({ clusters: [] });
    expect(changed).toHaveBeenCalledWith(command);
    expect(commands.isEnabled(command)).toBe(false);
  }
);
