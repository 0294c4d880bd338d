/** How options are drawn, when what the user has is asked for, and what is remembered. */
import { StateDB } from '@jupyterlab/statedb';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServerError } from '../api/client';
import type { ProfileChoices } from '../api/schema';
import { FakeModel } from '../testing/model';
import {
  centre,
  group,
  local,
  profiles,
  withOptions
} from '../testing/profiles';
import { LaunchPanel } from './panel';

const site = withOptions(structuredClone(centre));
const offer = { ...profiles, profiles: [site, local] };

let model: FakeModel;
let panel: LaunchPanel;
let state: StateDB;

beforeEach(() => {
  state = new StateDB();
  model = new FakeModel();
  model.profiles.mockResolvedValue(offer);
  model.choices.mockResolvedValue(accounts('atlas', 'lsst'));
  panel = makePanel();
});

afterEach(() => panel.dispose());

function makePanel(): LaunchPanel {
  return new LaunchPanel({
    model,
    commands: new CommandRegistry(),
    translator: nullTranslator,
    state,
    workspace: () => 'analysis'
  });
}

function answer(
  values: string[],
  problem: string,
  as_of: number | null
): ProfileChoices {
  const choices = values.map(value => ({ value, title: `${value} 2026` }));
  const account = { choices, default: values[0] ?? '', as_of, problem };
  return { options: { account } };
}

const accounts = (...values: string[]) => answer(values, '', 1);

async function open(): Promise<void> {
  Widget.attach(panel, document.body);
  await screen.findByLabelText('Account');
}

const select = (label: string): HTMLSelectElement =>
  screen.getByLabelText<HTMLSelectElement>(label);

const titles = (label: string): string[] =>
  [...select(label).options].map(option => option.text);

const described = (element: HTMLElement): string =>
  document.getElementById(element.getAttribute('aria-describedby') ?? '')
    ?.textContent ?? '';

const button = (name: string | RegExp): HTMLElement =>
  screen.getByRole('button', { name });

const reload = (): HTMLElement => button('Load the choices of "Account" again');

const choose = (label: string, value: string): boolean =>
  fireEvent.change(select(label), { target: { value } });

it('draws a list, a text, and checkboxes in the advanced part', async () => {
  await open();
  expect(titles('QOS')).toEqual(['regular', 'Debug: 30 minutes']);
  expect(screen.getByLabelText('Constraint').tagName).toBe('INPUT');
  expect(screen.queryByRole('group', { name: 'Modules' })).toBeNull();
  const advanced = button(/^Advanced/);
  expect(advanced.textContent).toContain('Modules, workers per job');
  fireEvent.click(advanced);
  const modules = within(screen.getByRole('group', { name: 'Modules' }));
  fireEvent.click(modules.getByLabelText('9'));
  fireEvent.click(modules.getByLabelText('gcc/12'));
  modules.getByText('2 chosen');
  fireEvent.click(modules.getByLabelText('python/3.11'));
  fireEvent.click(button('Launch'));
  await screen.findByText('Correct "Modules" to launch.');
  expect(described(screen.getByRole('group', { name: 'Modules' }))).toBe(
    'At most 2 at once. '
  );
  expect(document.activeElement).toBe(modules.getByLabelText('gcc/12'));
  fireEvent.click(modules.getByLabelText('9'));
  fireEvent.click(button('Launch'));
  await waitFor(() => expect(model.launch).toHaveBeenCalled());
  expect(model.launch.mock.lastCall?.[0].options).toEqual({
    account: 'atlas',
    qos: 'regular',
    constraint: '',
    modules: ['gcc/12', 'python/3.11']
  });
});

it('has a filter where there are many values, which does not launch', async () => {
  const many = structuredClone(site);
  const { modules } = group(many.schema.properties.options);
  const names = Array.from({ length: 30 }, (_, index) => `tool/${index}`);
  modules.items = { enum: names };
  modules.choices = {};
  modules.advanced = false;
  model.profiles.mockResolvedValue({ ...offer, profiles: [many] });
  await open();
  const field = screen.getByRole('group', { name: 'Modules' });
  const inField = within(field);
  fireEvent.click(inField.getByLabelText('tool/7'));
  const filter = inField.getByLabelText('Filter Modules');
  fireEvent.change(filter, { target: { value: '2' } });
  fireEvent.keyDown(filter, { key: 'Enter' });
  expect(inField.getAllByRole('checkbox')).toHaveLength(12);
  fireEvent.click(inField.getByLabelText('tool/2'));
  expect(described(field)).toBe('tool/2, tool/7');
  fireEvent.change(filter, { target: { value: 'none' } });
  inField.getByText('No choice matches "none".');
  expect(model.launch).not.toHaveBeenCalled();
});

it('asks what the user has once for each profile, while somebody looks', async () => {
  panel.hide();
  panel.openForm();
  await open();
  expect(model.choices).not.toHaveBeenCalled();
  panel.show();
  await waitFor(() =>
    expect(titles('Account')).toEqual(['atlas 2026', 'lsst 2026'])
  );
  choose('Profile', 'local');
  await waitFor(() => expect(screen.queryByLabelText('Account')).toBeNull());
  choose('Profile', 'cc-in2p3');
  await waitFor(() => expect(select('Account').value).toBe('atlas'));
  panel.hide();
  panel.show();
  expect(model.choices.mock.calls).toEqual([['cc-in2p3', false]]);
});

it('says that choices are loaded, and loads them again when asked to', async () => {
  let respond: (answer: ProfileChoices) => void = () => {};
  model.choices.mockReturnValueOnce(
    new Promise(resolve => (respond = resolve))
  );
  await open();
  await waitFor(() => expect(titles('Account')).toEqual(['Loading']));
  expect(select('Account').getAttribute('aria-busy')).toBe('true');
  expect(reload().getAttribute('aria-disabled')).toBe('true');
  respond(accounts('atlas'));
  await waitFor(() => expect(titles('Account')).toEqual(['atlas 2026']));
  fireEvent.click(reload());
  await waitFor(() => expect(titles('Account')).toHaveLength(2));
  expect(model.choices.mock.calls).toEqual([
    ['cc-in2p3', false],
    ['cc-in2p3', true]
  ]);
});

it('tells a failure at the field, where the last answer stays', async () => {
  await open();
  await waitFor(() => expect(select('Account').value).toBe('atlas'));
  choose('Account', 'lsst');
  const problem = 'sacctmgr ended with the exit code 1. Slurm is away.';
  model.choices.mockResolvedValueOnce(
    answer(['atlas', 'lsst'], problem, Date.now() / 1000)
  );
  fireEvent.click(reload());
  await waitFor(() =>
    expect(described(select('Account'))).toMatch(
      /^The choices are those of \d\d:\d\d\. sacctmgr .* Slurm is away\.$/
    )
  );
  model.choices.mockRejectedValueOnce(new Error('The server is away.'));
  fireEvent.click(reload());
  await waitFor(() =>
    expect(described(select('Account'))).toContain('The server is away.')
  );
  expect(select('Account').value).toBe('lsst');
});

it('can be sent without an answer: the server decides', async () => {
  model.choices.mockResolvedValue(answer([], 'Slurm is away.', null));
  await open();
  await waitFor(() =>
    expect(described(select('Account'))).toBe('Slurm is away.')
  );
  expect(titles('Account')).toEqual(['Nothing to choose']);
  fireEvent.click(button('Launch'));
  await waitFor(() => expect(model.launch).toHaveBeenCalled());
  expect(model.launch.mock.lastCall?.[0].options).not.toHaveProperty('account');
});

it('shows the refusal of the server at its field', async () => {
  await open();
  model.launch.mockRejectedValueOnce(
    new ServerError({
      message: 'lsst is not offered.',
      status: 400,
      reason: 'invalid',
      field: 'options.account'
    })
  );
  fireEvent.click(button('Launch'));
  await waitFor(() =>
    expect(described(select('Account'))).toContain('lsst is not offered.')
  );
  expect(document.activeElement).toBe(select('Account'));
  choose('Account', 'lsst');
  await waitFor(() => expect(described(select('Account'))).toBe(''));
});

it('shows at once what is over the limits of a choice', async () => {
  await open();
  const time = screen.getByLabelText<HTMLInputElement>('Worker time');
  fireEvent.change(time, { target: { value: '4h' } });
  choose('QOS', 'debug');
  await screen.findByText('QOS debug: at most 00:30:00.');
  fireEvent.click(button('Use 00:30:00'));
  await waitFor(() => expect(described(time)).toBe('max 00:30:00 (QOS debug)'));
});

it('remembers what was chosen at the last launch, and says what is gone', async () => {
  await open();
  await waitFor(() => expect(select('Account').value).toBe('atlas'));
  choose('Account', 'lsst');
  choose('QOS', 'debug');
  fireEvent.click(button('Launch'));
  await waitFor(() => expect(model.launch).toHaveBeenCalled());
  await waitFor(async () =>
    expect(await state.fetch('jupyterlab-dask-hpc:options')).toBeDefined()
  );
  panel.dispose();
  panel = makePanel();
  model.choices.mockResolvedValue(accounts('atlas'));
  await open();
  await waitFor(() => expect(select('QOS').value).toBe('debug'));
  await screen.findByText('lsst was chosen before, and is no longer offered.');
  expect(select('Account').value).toBe('atlas');
});
