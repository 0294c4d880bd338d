import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import {
  act,
  fireEvent,
  render,
  screen,
  waitFor,
  within
} from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../api/schema';
import { FakeModel } from '../testing/model';
import { makeCluster, makeProfiles, makeSurvey, NOW } from '../testing/samples';
import { CommandIDs } from '../tokens';
import { ClusterList } from './ClusterList';

let executed: [command: string, args: object][];
let refuse: Error | null;
let commands: CommandRegistry;
let scaled: Signal<unknown, string>;

beforeEach(() => {
  executed = [];
  refuse = null;
  commands = new CommandRegistry();
  scaled = new Signal({});
  for (const command of Object.values(CommandIDs)) {
    commands.addCommand(command, {
      execute: args => {
        executed.push([command, args]);
        if (refuse) {
          throw refuse;
        }
      }
    });
  }
});

function show(...clusters: Cluster[]): FakeModel {
  const model = new FakeModel(clusters);
  render(
    <ClusterList
      model={model}
      commands={commands}
      translator={nullTranslator}
      scaled={scaled}
    />
  );
  return model;
}

const card = (name: string) => within(screen.getByRole('article', { name }));
const button = (name: string) => screen.getByRole('button', { name });

describe('a card', () => {
  it('tells what runs, what is wrong and how long it lasts', () => {
    show(makeSurvey());
    const survey = card('survey-3k');
    for (const text of [
      'Starting',
      '2,352 of 3,000 running',
      '78 %',
      '2,314 connected',
      '38 connecting',
      '611 pending',
      '37 failed',
      /37 failed on n214: out of memory\./,
      /1 h 48 min left/
    ]) {
      survey.getByText(text);
    }
    expect(survey.getByRole('progressbar').getAttribute('aria-valuetext')).toBe(
      '2,352 of 3,000 running'
    );
  });

  it('leaves the counts out when all run', () => {
    show(makeCluster());
    expect(card('demo').queryByText(/connected/)).toBeNull();
  });

  it('says since when it is out of date, keeps its word and its actions', () => {
    show(makeCluster({ stale: true }));
    const demo = card('demo');
    demo.getByText(/^as of/);
    demo.getByText('Running');
    demo.getByRole('button', { name: 'Stop' });
    expect(demo.queryByText('100 %')).toBeNull();
  });

  it.each([
    ['demo', CommandIDs.openStatus],
    ['Insert cell', CommandIDs.insertCell],
    ['Dashboard', CommandIDs.openDashboard],
    ['Logs', CommandIDs.openLogs]
  ])('does what "%s" says', (name, command) => {
    show(makeCluster());
    fireEvent.click(button(name));
    expect(executed).toEqual([[command, { id: '3f9c0a51d2' }]]);
  });

  it('shows why something was refused, in the words of who refused', async () => {
    refuse = Object.assign(new Error('Slurm said no.'), {
      detail: 'scancel: 7'
    });
    show(makeCluster());
    fireEvent.click(button('Dashboard'));
    expect((await screen.findByRole('alert')).textContent).toBe(
      'Slurm said no. scancel: 7'
    );
  });

  it('warns of an end that is near, with what prevents it', () => {
    const at = new Date(NOW + 9 * 60_000).toISOString();
    show(makeCluster({ warning: { kind: 'idle', ends: 'cluster', at } }));
    card('demo').getByText(/Idle: ends in 9 min, at/);
    card('demo').getByText(/left, until/);
    fireEvent.click(button('Reset idle timer'));
    expect(executed[0]).toEqual([CommandIDs.resetIdle, { id: '3f9c0a51d2' }]);
  });

  it('tells a time limit once, as a warning', () => {
    const at = new Date(NOW + 9 * 60_000).toISOString();
    const warning = { kind: 'time', ends: 'workers', at } as const;
    show(makeCluster({ warning, ends: at }));
    card('demo').getByText(/first workers end in 9 min/);
    expect(card('demo').queryByText(/left, until/)).toBeNull();
    card('demo').getByRole('button', { name: 'Replace workers' });
  });

  it('offers what is left once it has failed', () => {
    const closed = new Date(NOW - 1000).toISOString();
    show(makeCluster({ state: 'failed', reason: 'Its node failed.', closed }));
    card('demo').getByText('Its node failed.');
    expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull();
    fireEvent.click(button('Launch again'));
    expect(executed[0][0]).toBe(CommandIDs.launchAgain);
  });
});

describe('stop', () => {
  it('asks in the card, with the focus on Cancel', async () => {
    show(makeCluster());
    fireEvent.click(button('Stop'));
    screen.getByText(
      /Stop demo\? Results in the memory of its workers are lost/
    );
    expect(document.activeElement).toBe(button('Cancel'));
    fireEvent.click(button('Cancel'));
    expect(executed).toEqual([]);
    await waitFor(() => expect(document.activeElement).toBe(button('Stop')));
  });

  it('stops once it was asked, and moves the focus to the name', () => {
    show(makeCluster());
    fireEvent.click(button('Stop'));
    fireEvent.click(button('Stop'));
    expect(executed).toEqual([
      [CommandIDs.stop, { id: '3f9c0a51d2', asked: true }]
    ]);
    expect(document.activeElement).toBe(button('demo'));
  });

  it('is kept by Escape, and says when it cannot be sent at once', () => {
    show(makeCluster({ stale: true }));
    fireEvent.click(button('Stop'));
    screen.getByText(/It is sent when the batch system answers/);
    fireEvent.keyDown(button('Cancel'), { key: 'Escape' });
    expect(screen.queryByRole('button', { name: 'Cancel' })).toBeNull();
  });
});

describe('a number of workers', () => {
  const ask = async (model: FakeModel) => {
    act(() => scaled.emit('3f9c0a51d2'));
    await act(() => model.profiles.mock.results[0].value as Promise<unknown>);
    return screen.getByLabelText<HTMLInputElement>('Number of workers');
  };
  const type = (value: string) =>
    fireEvent.change(screen.getByLabelText('Number of workers'), {
      target: { value }
    });

  it('is asked for in the card that is meant, with what there is and the limit', async () => {
    const field = await ask(show(makeSurvey(), makeCluster()));
    expect(screen.getAllByRole('form')).toHaveLength(1);
    card('demo').getByRole('form', {
      name: 'Scale demo'
    });
    card('demo').getByText('max 3,000');
    expect(field.value).toBe('4');
    expect(document.activeElement).toBe(field);
  });

  it('is behind the three dots', async () => {
    show(makeCluster());
    fireEvent.click(button('More for demo'));
    const item = await screen.findByText('Scale…');
    const menu = item.closest('.lm-Menu')!;
    // Down to the second item, then Enter: the menu goes by key codes.
    for (const keyCode of [40, 40, 13]) {
      fireEvent.keyDown(menu, { keyCode });
    }
    expect(executed).toEqual([[CommandIDs.scale, { id: '3f9c0a51d2' }]]);
  });

  it('is taken, and the focus goes back', async () => {
    const field = await ask(show(makeCluster()));
    type('8');
    fireEvent.submit(field);
    await waitFor(() => expect(screen.queryByRole('form')).toBeNull());
    expect(executed).toEqual([
      [CommandIDs.scale, { id: '3f9c0a51d2', jobs: 8 }]
    ]);
    expect(document.activeElement).toBe(button('More for demo'));
  });

  it('is left as it is by Escape and by Cancel', async () => {
    const model = show(makeCluster());
    fireEvent.keyDown(await ask(model), { key: 'Escape' });
    expect(screen.queryByRole('form')).toBeNull();
    expect(document.activeElement).toBe(button('More for demo'));
    await ask(model);
    fireEvent.click(button('Cancel'));
    expect(screen.queryByRole('form')).toBeNull();
    expect(executed).toEqual([]);
  });

  it('is not sent while it is wrong, and set right by a link', async () => {
    const field = await ask(show(makeCluster()));
    type('3001');
    fireEvent.click(button('Apply'));
    screen.getByText('A whole number from 0 to 3,000.');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    fireEvent.click(button('Use 3000'));
    expect(field.value).toBe('3000');
    expect(document.activeElement).toBe(field);
    expect(executed).toEqual([]);
  });

  it('has its refusal beside the field, in the words of the server', async () => {
    refuse = new Error('Profile gpu is for the group gpu-users.');
    const field = await ask(show(makeCluster()));
    type('8');
    fireEvent.submit(field);
    await screen.findByText('Profile gpu is for the group gpu-users.');
    expect(screen.queryByRole('alert')).toBeNull();
    expect(document.activeElement).toBe(field);
    type('4');
    expect(screen.queryByText(/gpu-users/)).toBeNull();
  });

  it('is checked by the server alone where the profile is no longer offered', async () => {
    const field = await ask(show(makeCluster({ profile: 'gone' })));
    expect(screen.queryByText(/max/)).toBeNull();
    type('9999');
    fireEvent.submit(field);
    await waitFor(() => expect(executed).toHaveLength(1));
  });

  it('is not asked for where it cannot change, which is said', async () => {
    const model = show(makeCluster({ fixed_workers: 4 }));
    act(() => scaled.emit('3f9c0a51d2'));
    expect(screen.queryByRole('group', { name: 'Scale demo' })).toBeNull();
    await act(() => model.profiles.mock.results[0].value as Promise<unknown>);
    const why = within(screen.getByRole('group', { name: 'Scale demo' }));
    why.getByText(/in one job, so that their number stays 4/);
    expect(screen.queryByRole('textbox')).toBeNull();
    expect(document.activeElement).toBe(button('Close'));
    fireEvent.click(button('Close'));
    expect(document.activeElement).toBe(button('More for demo'));
    expect(executed).toEqual([]);
  });

  it('is that of whole further jobs where workers share that of the scheduler', async () => {
    const model = show(
      makeCluster({ fixed_workers: 4, request: { workers: { processes: 2 } } })
    );
    const site = makeProfiles();
    site.profiles[0].further_jobs = 2;
    model.profiles.mockResolvedValue(site);
    await ask(model);
    screen.getByText('4 to 8, in steps of 2');
    type('3');
    fireEvent.click(button('Apply'));
    fireEvent.click(button('Use 4'));
    type('6');
    screen.getByText(/2 jobs, 6 workers/);
    expect(executed).toEqual([]);
  });

  it('says when it cannot be sent at once', async () => {
    await ask(show(makeCluster({ stale: true })));
    screen.getByText('It is sent when the batch system answers.');
  });

  it('is not asked for once the cluster is on its way out', async () => {
    const model = show(makeCluster());
    await ask(model);
    act(() => model.set({ clusters: [makeCluster({ state: 'closing' })] }));
    expect(screen.queryByRole('form')).toBeNull();
  });
});

it('has one Tab stop for the actions, and arrows between them', () => {
  show(makeCluster());
  const stops = () =>
    screen
      .getAllByRole('button')
      .filter(one => one.dataset['roving'] && one.tabIndex === 0)
      .map(one => one.textContent);
  expect(stops()).toEqual(['Insert cell']);
  button('Insert cell').focus();
  fireEvent.keyDown(button('Insert cell'), { key: 'ArrowRight' });
  expect(document.activeElement).toBe(button('Dashboard'));
  expect(stops()).toEqual(['Dashboard']);
  fireEvent.keyDown(button('Dashboard'), { key: 'End' });
  expect(document.activeElement).toBe(button('Stop'));
  fireEvent.keyDown(button('Stop'), { key: 'ArrowRight' });
  expect(document.activeElement).toBe(button('More for demo'));
});

describe('the list', () => {
  it('shows the three steps without a cluster', () => {
    show();
    screen.getByText('No clusters yet');
    expect(screen.getAllByRole('listitem')).toHaveLength(3);
  });

  it('keeps those that are over apart, with their logs', () => {
    const over = makeCluster({
      id: 'over',
      name: 'old',
      state: 'closed',
      reason: 'Stopped.',
      closed: '2026-11-21T13:00:00Z'
    });
    show(makeCluster(), over);
    expect(screen.queryByText('old')).toBeNull();
    fireEvent.click(button('Closed (1)'));
    screen.getByText('Stopped.');
    fireEvent.click(button('Logs of old'));
    fireEvent.click(button('Launch old again'));
    expect(executed).toEqual([
      [CommandIDs.openLogs, { id: 'over' }],
      [CommandIDs.launchAgain, { id: 'over' }]
    ]);
  });

  it('follows the model, and reads the news out', async () => {
    const model = show(makeSurvey({ problems: [] }));
    await act(async () => model.ready);
    act(() => model.set({ clusters: [makeSurvey({ state: 'running' })] }));
    card('survey-3k').getByText('Running');
    expect(screen.getByRole('status').textContent).toBe(
      'survey-3k: Running. survey-3k: 37 failed on n214: out of memory'
    );
  });
});
