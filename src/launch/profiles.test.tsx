/** Which profiles the form offers, and what it says of those that it does not. */
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../api/schema';
import { centre, local, profiles } from '../testing/profiles';
import { FakeModel } from '../testing/model';
import { NOW } from '../testing/samples';
import { LaunchPanel } from './panel';

let model: FakeModel;
let panel: LaunchPanel;
let launched: Cluster[];

beforeEach(() => {
  model = new FakeModel();
  model.profiles.mockResolvedValue(profiles);
  launched = [];
  panel = new LaunchPanel({
    model,
    commands: new CommandRegistry(),
    translator: nullTranslator,
    state: null,
    workspace: () => 'analysis'
  });
  panel.launched.connect((_, cluster) => launched.push(cluster));
});

afterEach(() => panel.dispose());

async function open(): Promise<void> {
  Widget.attach(panel, document.body);
  await screen.findByLabelText('Name');
}

function input(label: string): HTMLInputElement {
  return screen.getByLabelText<HTMLInputElement>(label);
}

function type(label: string, text: string): void {
  input(label).focus();
  fireEvent.change(input(label), { target: { value: text } });
}

const button = (name: string | RegExp): HTMLElement =>
  screen.getByRole('button', { name });

describe('what the form knows of the site', () => {
  it('says what a profile fixes, and chooses another', async () => {
    await open();
    screen.getByText(
      'Slurm, partition dask, account atlas; scheduler: partition htc, account atlas'
    );
    fireEvent.change(screen.getByLabelText('Profile'), {
      target: { value: 'local' }
    });
    await screen.findByText('Starts at once');
    expect(input('Worker jobs').value).toBe('2');
  });

  it('asks when it would start, but not on this computer', async () => {
    model.profiles.mockResolvedValue({ ...profiles, default: 'local' });
    model.estimate.mockResolvedValue(NOW + 7 * 60_000);
    await open();
    screen.getByText('Starts at once');
    fireEvent.change(screen.getByLabelText('Profile'), {
      target: { value: 'cc-in2p3' }
    });
    await screen.findByText(/^Expected start about .*, in 7 min$/, undefined, {
      timeout: 5000
    });
    expect(model.estimate).toHaveBeenCalledTimes(1);
    expect(model.estimate.mock.calls[0][0].profile).toBe(centre.name);
    // A new name is no reason to ask again, a wrong field is one to say nothing.
    type('Name', 'halo');
    screen.getByText(/^Expected start about/);
    type('Worker jobs', 'many');
    await screen.findByText('Expected start: –');
    expect(model.estimate).toHaveBeenCalledTimes(1);
  });

  it('can be asked for again when it could not be had', async () => {
    model.profiles.mockRejectedValueOnce(new Error('The server is away.'));
    Widget.attach(panel, document.body);
    expect((await screen.findByRole('alert')).textContent).toContain(
      'The server is away.'
    );
    fireEvent.click(button('Try again'));
    await screen.findByLabelText('Name');
  });

  it('is not asked for before somebody looks', async () => {
    panel.hide();
    Widget.attach(panel, document.body);
    await Promise.resolve();
    expect(model.profiles).not.toHaveBeenCalled();
    panel.show();
    await screen.findByLabelText('Name');
  });
});

describe('a profile that is for others', () => {
  const gpu = {
    ...local,
    name: 'gpu',
    title: 'GPU nodes',
    access_denied_reason: 'Profile gpu is for the group gpu-users.',
    ask: 'the help desk, https://help.example.org'
  };
  const select = (): HTMLSelectElement =>
    screen.getByLabelText<HTMLSelectElement>('Profile');

  it('is switched off, and says for whom it is and whom to ask', async () => {
    model.profiles.mockResolvedValue({
      ...profiles,
      default: 'gpu',
      profiles: [gpu, ...profiles.profiles]
    });
    await open();
    const [off, first] = [...select().options];
    expect([off.disabled, first.disabled]).toEqual([true, false]);
    expect(select().value).toBe('cc-in2p3');
    const shown = select()
      .getAttribute('aria-describedby')
      ?.split(' ')
      .map(id => document.getElementById(id)?.textContent)
      .join(' ');
    expect(shown).toContain(
      'Profile gpu is for the group gpu-users. Ask: the help desk, https://help.example.org'
    );
    const link = screen.getByRole('link', { name: 'https://help.example.org' });
    expect(link.getAttribute('rel')).toBe('noopener noreferrer');
    fireEvent.click(button('Launch'));
    await waitFor(() => expect(launched).toHaveLength(1));
    expect(launched[0].profile).toBe('cc-in2p3');
  });

  it('is not replaced in silence when the same is to be launched again', async () => {
    model.profiles.mockResolvedValue({
      ...profiles,
      profiles: [...profiles.profiles, gpu]
    });
    await open();
    panel.openForm({ name: 'demo', profile: 'gpu', workers: { jobs: 40 } });
    await waitFor(() => expect(input('Worker jobs').value).toBe('40'));
    expect(select().getAttribute('aria-invalid')).toBe('true');
    expect(select().value).toBe('cc-in2p3');
  });

  it('stands in the place of the form where no other is left, until one is', async () => {
    model.profiles.mockResolvedValueOnce({
      default: 'gpu',
      profiles: [gpu],
      broken: []
    });
    Widget.attach(panel, document.body);
    await screen.findByText('You cannot use any profile of this site');
    expect(screen.queryByLabelText('Name')).toBeNull();
    screen.getByText(/Profile gpu is for the group gpu-users\. Ask:/);
    model.profiles.mockResolvedValueOnce({
      default: 'gpu',
      profiles: [{ ...gpu, access_denied_reason: null }],
      broken: []
    });
    fireEvent.click(button('Check again'));
    await screen.findByLabelText('Name');
    expect(select().value).toBe('gpu');
  });
});

describe('a profile with mistakes', () => {
  const broken = {
    name: 'farm',
    title: 'Farm',
    file: '/etc/jupyter/dask-hpc/farm.json',
    mistakes: [
      {
        line: 11,
        column: 5,
        key: 'workers.partion',
        message: 'There is no key partion here. Did you mean partition?'
      },
      { line: 0, column: 0, key: '', message: 'It is the wrong day.' }
    ]
  };

  it('is greyed out, with file, line, key and remedy', async () => {
    model.profiles.mockResolvedValue({ ...profiles, broken: [broken] });
    await open();
    const option = screen.getByRole<HTMLOptionElement>('option', {
      name: 'Farm (has mistakes)'
    });
    expect(option.disabled).toBe(true);
    screen.getByText('Profile Farm has 2 mistakes.');
    screen.getByText('/etc/jupyter/dask-hpc/farm.json');
    const [first, second] = screen
      .getAllByRole('listitem')
      .map(item => item.textContent);
    expect(first).toBe(
      'Line 11: workers.partion: There is no key partion here. Did you mean partition?'
    );
    expect(second).toBe('It is the wrong day.');
    fireEvent.click(button('Launch'));
    await waitFor(() => expect(launched).toHaveLength(1));
    expect(launched[0].profile).toBe('cc-in2p3');
  });

  it('is told in the place of the form where there is no other', async () => {
    model.profiles.mockResolvedValue({
      default: '',
      profiles: [],
      broken: [broken]
    });
    Widget.attach(panel, document.body);
    await screen.findByText(/^No profile of this site can be used/);
    screen.getByText('Profile Farm has 2 mistakes.');
  });
});
