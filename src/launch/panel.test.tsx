import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import {
  act,
  fireEvent,
  screen,
  waitFor,
  within
} from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cluster } from '../api/schema';
import { ServerError } from '../api/client';
import { profiles } from '../testing/profiles';
import { FakeModel } from '../testing/model';
import { makeCluster } from '../testing/samples';
import { LaunchPanel } from './panel';

let model: FakeModel;
let panel: LaunchPanel;
let launched: Cluster[];
let folder: string;

beforeEach(() => {
  model = new FakeModel();
  model.profiles.mockResolvedValue(profiles);
  launched = [];
  folder = 'analysis';
  panel = new LaunchPanel({
    model,
    commands: new CommandRegistry(),
    translator: nullTranslator,
    state: null,
    workspace: () => folder
  });
  panel.launched.connect((_, cluster) => launched.push(cluster));
});

afterEach(() => {
  panel.dispose();
  vi.restoreAllMocks();
});

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

/** What a screen reader tells after the field's name. */
function described(label: string): string {
  const ids = input(label).getAttribute('aria-describedby') ?? '';
  return document.getElementById(ids)?.textContent ?? '';
}

/** Enter in a field presses the submit button, which jsdom leaves to the test. */
function pressEnter(label: string): void {
  input(label).focus();
  input(label).form?.requestSubmit();
}

describe('the launch form', () => {
  it('launches on Enter what stands in it, and takes the next name', async () => {
    await open();
    type('Worker jobs', '4');
    pressEnter('Worker jobs');
    await waitFor(() => expect(launched).toHaveLength(1));
    expect(model.launch.mock.lastCall?.[0]).toMatchObject({
      name: 'dask-1',
      profile: 'cc-in2p3',
      workspace: 'analysis',
      workers: { jobs: 4, memory: '3G' }
    });
    await waitFor(() => expect(input('Name').value).toBe('dask-2'));
    expect(input('Worker jobs').value).toBe('4');
  });

  it('splits a job into workers by one press, and says what each gets', async () => {
    await open();
    type('Worker CPUs', '12');
    fireEvent.click(button(/^Advanced/));
    fireEvent.click(button("Dask's own rule"));
    expect(input('Workers per job').value).toBe('4');
    expect(button("Dask's own rule").getAttribute('aria-pressed')).toBe('true');
    screen.getByText('4 workers a job, 3 threads and 768 MB each');
    fireEvent.click(button('Launch'));
    await waitFor(() => expect(launched).toHaveLength(1));
    expect(model.launch.mock.lastCall?.[0].workers).toMatchObject({
      processes: 4,
      threads: 0
    });
  });

  it('says before it sends that CPUs do not divide, and opens where that is', async () => {
    await open();
    type('Worker CPUs', '12');
    fireEvent.click(button(/^Advanced/));
    type('Workers per job', '5');
    fireEvent.click(button(/^Advanced/));
    fireEvent.click(button('Launch'));
    await waitFor(() =>
      expect(document.activeElement).toBe(input('Workers per job'))
    );
    expect(described('Workers per job')).toMatch(/^This does not divide/);
    expect(model.launch).not.toHaveBeenCalled();
    fireEvent.click(button('Use 4'));
    expect(described('Workers per job')).toBe('max 64');
  });

  it('launches in the folder that is open at that moment', async () => {
    await open();
    folder = 'elsewhere';
    fireEvent.click(button('Launch'));
    await waitFor(() => expect(launched).toHaveLength(1));
    expect(model.launch.mock.lastCall?.[0].workspace).toBe('elsewhere');
  });

  it('sends one request, however often Launch is pressed', async () => {
    await open();
    let answer: (cluster: Cluster) => void = () => {};
    model.launch.mockReturnValue(new Promise(resolve => (answer = resolve)));
    fireEvent.click(button('Launch'));
    fireEvent.click(button('Launch'));
    await screen.findByRole('button', { name: 'Launching' });
    fireEvent.click(button('Launching'));
    expect(model.launch).toHaveBeenCalledTimes(1);
    answer(makeCluster({ name: 'dask-1' }));
    await screen.findByRole('button', { name: 'Launch' });
    expect(launched).toHaveLength(1);
  });

  it('says what is wrong when a field is left, and sets it right by the link', async () => {
    await open();
    type('Worker memory', '48G');
    expect(described('Worker memory')).toBe('max 32G');
    input('Worker memory').blur();
    await waitFor(() =>
      expect(described('Worker memory')).toContain('At most 32G.')
    );
    expect(input('Worker memory').getAttribute('aria-invalid')).toBe('true');
    fireEvent.click(button('Use 32G'));
    await waitFor(() => expect(described('Worker memory')).toBe('max 32G'));
    expect(input('Worker memory').value).toBe('32G');
    expect(document.activeElement).toBe(input('Worker memory'));
  });

  it('checks on each key once a field was wrong', async () => {
    await open();
    type('Worker jobs', '0');
    input('Worker jobs').blur();
    await screen.findByText('A whole number from 1 to 3,000.');
    type('Worker jobs', '5');
    await waitFor(() => expect(described('Worker jobs')).toBe('max 3,000'));
    type('Worker jobs', '5000');
    await screen.findByText('A whole number from 1 to 3,000.');
  });

  it('goes to the first wrong field instead of launching', async () => {
    await open();
    type('Worker time', 'soon');
    type('Name', 'halo masses');
    fireEvent.click(button('Launch'));
    await screen.findByText('Correct "Name" to launch.');
    expect(document.activeElement).toBe(input('Name'));
    expect(button('Launch').getAttribute('aria-disabled')).toBe('true');
    expect(model.launch).not.toHaveBeenCalled();
  });

  it('opens Advanced for a wrong field in it', async () => {
    await open();
    const title = button(/^Advanced/);
    fireEvent.click(title);
    type('Scheduler memory', '48G');
    fireEvent.click(title);
    expect(title.getAttribute('aria-expanded')).toBe('false');
    expect(title.textContent).toContain('changed');
    fireEvent.click(button('Launch'));
    await waitFor(() =>
      expect(title.getAttribute('aria-expanded')).toBe('true')
    );
    expect(document.activeElement).toBe(input('Scheduler memory'));
    // Also when it was closed over an error that shows.
    fireEvent.click(title);
    fireEvent.click(button('Launch'));
    await waitFor(() =>
      expect(title.getAttribute('aria-expanded')).toBe('true')
    );
  });

  it('refuses the name of a living cluster as soon as there is one', async () => {
    await open();
    type('Name', 'demo');
    act(() => model.set({ clusters: [makeCluster({ name: 'demo' })] }));
    fireEvent.click(button('Launch'));
    fireEvent.click(await screen.findByRole('button', { name: 'Use demo-2' }));
    fireEvent.click(button('Launch'));
    await waitFor(() => expect(launched).toHaveLength(1));
    expect(launched[0].name).toBe('demo-2');
  });
});

describe('a refusal of the server', () => {
  it('stands at its field, which takes the focus', async () => {
    await open();
    const message = 'No distributed in /home/ada/env.';
    model.launch.mockRejectedValueOnce(
      new ServerError({
        message,
        status: 400,
        reason: 'invalid',
        field: 'python_environment'
      })
    );
    fireEvent.click(button('Launch'));
    await screen.findByText(message);
    expect(described('Python environment')).toContain(message);
    await waitFor(() =>
      expect(document.activeElement).toBe(input('Python environment'))
    );
    expect(launched).toEqual([]);
    // What was wrong may be right now: it can be sent again as it is.
    fireEvent.click(button('Launch'));
    await waitFor(() => expect(launched).toHaveLength(1));
    expect(screen.queryByText(message)).toBeNull();
  });

  it('stands above the buttons with the words of the batch system', async () => {
    await open();
    const detail = 'sbatch: error: Invalid account';
    model.launch.mockRejectedValueOnce(
      new ServerError({
        message: 'Slurm refused the scheduler job.',
        status: 502,
        reason: 'refused',
        detail
      })
    );
    fireEvent.click(button('Launch'));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('Slurm refused the scheduler job.');
    expect(within(alert).getByText(detail).tagName).toBe('CODE');
    expect(input('Name').value).toBe('dask-1');
  });
});

describe('openForm', () => {
  it('puts the focus into the form', async () => {
    Widget.attach(panel, document.body);
    panel.openForm();
    await waitFor(() => expect(document.activeElement).toBe(input('Name')));
  });

  it('fills the form in from a request', async () => {
    await open();
    panel.openForm({
      name: 'demo',
      profile: 'cc-in2p3',
      workers: { jobs: 40, memory: '2G' }
    });
    await waitFor(() => expect(input('Worker jobs').value).toBe('40'));
    expect(input('Name').value).toBe('demo');
    expect(input('Worker memory').value).toBe('2G');
    expect(input('Worker time').value).toBe('02:00:00');
  });
});

describe('Preview', () => {
  it('shows one script a tab', async () => {
    model.preview.mockResolvedValue({
      scripts: [
        { role: 'scheduler', title: 'Scheduler', text: '#!one' },
        { role: 'worker', title: 'Workers', text: '#!two' }
      ]
    });
    await open();
    fireEvent.click(button('Preview'));
    const dialog = await waitFor(() => {
      const [found] = document.getElementsByTagName('dialog');
      expect(found).toBeDefined();
      return found;
    });
    const inDialog = within(dialog);
    const shown = (): (string | null)[] =>
      inDialog
        .getAllByRole('tabpanel', { hidden: true })
        .filter(panel => !panel.hidden)
        .map(panel => panel.textContent);
    expect(shown()).toEqual(['#!one']);
    const [first, second] = inDialog.getAllByRole('tab', { hidden: true });
    first.focus();
    fireEvent.keyDown(first, { key: 'ArrowRight' });
    expect(document.activeElement).toBe(second);
    expect(shown()).toEqual(['#!two']);
    fireEvent.click(inDialog.getByText('Close'));
    await waitFor(() => expect(document.querySelector('dialog')).toBeNull());
    expect(model.launch).not.toHaveBeenCalled();
  });
});
