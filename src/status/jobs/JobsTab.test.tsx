import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cluster, Job } from '../../api/schema';
import { FakeModel, FakeWatch } from '../../testing/model';
import {
  makeCluster,
  makeJobs,
  makeShared,
  makeSurvey,
  NOW
} from '../../testing/samples';
import { CommandIDs } from '../../tokens';
import { JobsTab } from './JobsTab';

const openLogs = vi.fn();
const resetIdle = vi.fn();
const replaceWorkers = vi.fn();
let watch: FakeWatch;

/** 200 workers: 100 to 102 failed on n103, 150 and on pending. */
function sample(
  failed = (index: number) => index >= 100 && index < 103
): Job[] {
  const state = (index: number) =>
    failed(index) ? 'failed' : index >= 150 ? 'pending' : 'running';
  return makeJobs(200, state).map(job =>
    job.state === 'failed'
      ? { ...job, reason: 'out of memory', memory_peak: 3 * 2 ** 30 }
      : job
  );
}

function show(
  problems = makeSurvey().problems,
  warning: Cluster['warning'] = null
): void {
  showJobs(makeSurvey({ problems, warning }), sample());
}

function showJobs(cluster: Cluster, jobs: Job[]): void {
  const commands = new CommandRegistry();
  commands.addCommand(CommandIDs.openLogs, { execute: openLogs });
  commands.addCommand(CommandIDs.resetIdle, { execute: resetIdle });
  commands.addCommand(CommandIDs.replaceWorkers, { execute: replaceWorkers });
  watch = new FakeWatch(cluster.id);
  watch.set(jobs);
  render(
    <JobsTab
      model={new FakeModel([cluster])}
      cluster={cluster}
      commands={commands}
      translator={nullTranslator}
      jobs={watch}
      inSight={true}
    />
  );
}

const table = () => screen.getByRole('table', { name: 'Jobs' });
const firstIds = () =>
  within(table())
    .getAllByRole('cell')
    .map(cell => cell.textContent)
    .filter(text => text?.startsWith('481516'));
const typeFilter = (value: string) =>
  fireEvent.change(screen.getByRole('textbox'), { target: { value } });

beforeEach(() => {
  openLogs.mockClear();
});

describe('the table', () => {
  it('groups the worst first, in the words of "Needs attention"', () => {
    show();
    const group = within(table()).getByRole('button', {
      name: '3 failed on n103: out of memory'
    });
    expect(firstIds().slice(0, 3)).toEqual([
      '4815162_100',
      '4815162_101',
      '4815162_102'
    ]);
    expect(
      within(table()).getAllByText('3.0 of 3.0 GB, at limit')
    ).toHaveLength(3);
    fireEvent.click(group);
    expect(group.getAttribute('aria-expanded')).toBe('false');
    expect(firstIds()).not.toContain('4815162_100');
  });

  it('filters, and says so when nothing is found', () => {
    show();
    typeFilter('memory');
    expect(screen.getByText('3 of 201')).toBeDefined();
    typeFilter('n999');
    expect(screen.getByText(/No job matches "n999"/)).toBeDefined();
    fireEvent.click(screen.getByRole('button', { name: 'Clear filter' }));
    expect(screen.getByText('201 of 201')).toBeDefined();
  });

  it('clears the filter and leaves it with Escape', () => {
    show();
    typeFilter('n1');
    const field = screen.getByRole('textbox');
    field.focus();
    fireEvent.keyDown(field, { key: 'Escape' });
    expect((field as HTMLInputElement).value).toBe('');
    expect(document.activeElement).not.toBe(field);
  });

  it('keeps its order while the pointer is in it', () => {
    show();
    const before = firstIds();
    fireEvent.pointerEnter(table());
    act(() => watch.set(sample(index => index < 2)));
    expect(firstIds()).toEqual(before);
    expect(within(table()).queryAllByText('Failed')).toHaveLength(0);
    fireEvent.pointerLeave(table());
    expect(firstIds().slice(0, 2)).toEqual(['4815162_0', '4815162_1']);
  });

  it('turns the order around by a column', () => {
    show();
    fireEvent.click(screen.getByRole('button', { name: /Group by/ }));
    const head = screen.getByRole('button', { name: 'Job id' });
    fireEvent.click(head);
    expect(firstIds()[0]).toBe('4815161');
    fireEvent.click(head);
    expect(firstIds()[0]).toBe('4815162_199');
    expect(head.parentElement?.getAttribute('aria-sort')).toBe('descending');
  });

  it('opens the log of a job', () => {
    show();
    fireEvent.click(screen.getByRole('button', { name: 'Log of 4815162_100' }));
    expect(openLogs).toHaveBeenCalledWith({
      id: makeSurvey().id,
      file: 'demo.worker.4815162_100.log'
    });
  });
});

describe('the map', () => {
  const read = () => screen.getByRole('option').getAttribute('aria-label');
  const press = (key: string) =>
    fireEvent.keyDown(screen.getByRole('listbox'), { key });

  it('is one stop, read out square by square', () => {
    show();
    const map = screen.getByRole('listbox');
    fireEvent.focus(map);
    expect(read()).toBe('4815162_0, running, n100');
    press('f');
    expect(read()).toBe('4815162_100, failed, out of memory, n103');
    expect(map.getAttribute('aria-activedescendant')).toBe(
      screen.getByRole('option').id
    );
    press('ArrowDown');
    expect(read()).toBe('4815162_150, pending');
    press('End');
    expect(read()).toBe('4815162_199, pending');
    press('Home');
    press('ArrowRight');
    expect(read()).toBe('4815162_1, running, n100');
    press('Enter');
    expect(openLogs).toHaveBeenCalledWith(
      expect.objectContaining({ file: 'demo.worker.4815162_1.log' })
    );
  });

  it('has a sentence as its name', () => {
    show();
    const name = screen.getByRole('listbox').getAttribute('aria-label');
    expect(name).toContain('3 failed, 50 pending, 147 running');
  });

  it('filters the table by its chips', () => {
    show();
    const chips = within(screen.getByRole('group', { name: 'Show only' }));
    const chip = chips.getByRole('button', { name: '50 pending' });
    fireEvent.click(chip);
    expect(chip.getAttribute('aria-pressed')).toBe('true');
    expect(screen.getByText('50 of 201')).toBeDefined();
    fireEvent.click(chip);
    expect(screen.getByText('201 of 201')).toBeDefined();
  });
});

describe('what needs attention', () => {
  const waiting = (reason: string) => ({
    kind: 'waiting' as const,
    reason,
    message: `50 pending: ${reason}`,
    advice: 'Other jobs go first.',
    count: 50,
    node: '',
    jobs: [],
    log: []
  });

  it('opens the log of the first job', () => {
    show([{ ...makeSurvey().problems[0], jobs: ['4815162_101'] }]);
    const list = screen.getByRole('region', { name: 'Needs attention' });
    fireEvent.click(within(list).getByRole('button', { name: 'Open logs' }));
    expect(openLogs).toHaveBeenCalledWith(
      expect.objectContaining({ file: 'demo.worker.4815162_101.log' })
    );
  });

  it('tells with what a log ends, as it was written', () => {
    const log = ['Traceback (most recent call last):', '<b>no libfoo</b>'];
    show([{ ...makeSurvey().problems[0], log }]);
    const list = screen.getByRole('region', { name: 'Needs attention' });
    expect(list.querySelector('pre')?.textContent).toBe(log.join('\n'));
  });

  it('shows the jobs that wait', () => {
    show([waiting('')]);
    fireEvent.click(screen.getByRole('button', { name: 'Show jobs' }));
    expect(screen.getByText('50 of 201')).toBeDefined();
  });

  it('is three, then the others on demand', () => {
    show(['a', 'b', 'c', 'd', 'e'].map(waiting));
    expect(screen.getAllByRole('button', { name: 'Show jobs' })).toHaveLength(
      3
    );
    fireEvent.click(screen.getByRole('button', { name: '2 more' }));
    expect(screen.getAllByRole('button', { name: 'Show jobs' })).toHaveLength(
      5
    );
  });

  it('is an end that is near, with what prevents it', () => {
    const at = new Date(NOW + 9 * 60_000).toISOString();
    show([], { kind: 'idle', ends: 'cluster', at });
    expect(screen.queryByText('Nothing needs attention.')).toBeNull();
    screen.getByText(/Idle: ends in 9 min/);
    fireEvent.click(screen.getByRole('button', { name: 'Reset idle timer' }));
    expect(resetIdle).toHaveBeenCalledWith({ id: 'a1b2c3d4e5' });
  });

  it('replaces workers whose time limit is near, and never toggles', () => {
    const at = new Date(NOW + 9 * 60_000).toISOString();
    show([], { kind: 'time', ends: 'workers', at });
    fireEvent.click(screen.getByRole('button', { name: 'Replace workers' }));
    expect(replaceWorkers).toHaveBeenCalledWith({
      id: 'a1b2c3d4e5',
      replace: true
    });
  });

  it('says so when there is nothing', () => {
    show([]);
    expect(screen.getByText('Nothing needs attention.')).toBeDefined();
  });
});

it('draws the counts over time, or writes them', () => {
  show();
  act(() =>
    watch.set(sample(), [
      [NOW / 1000 - 120, 200, 0, 0, 0],
      [NOW / 1000, 50, 0, 147, 3]
    ])
  );
  expect(screen.getByRole('img').getAttribute('aria-label')).toMatch(
    /now 147 running, 0 connecting, 50 pending, 3 failed\. Jobs began to fail at/
  );
  fireEvent.click(screen.getByRole('button', { name: 'Show as table' }));
  expect(screen.getAllByRole('rowheader')).toHaveLength(2);
});

describe('workers that share jobs', () => {
  const eight = (state?: Parameters<typeof makeShared>[2]): Job[] =>
    makeShared(2, 4, state).map(job => ({ ...job, memory_peak: 2 ** 30 }));
  const open = (jobs = eight()) =>
    showJobs(
      makeCluster({
        workers: { requested: 8, running: 8, connected: 8 },
        request: { workers: { jobs: 2, processes: 4, memory: '4G' } }
      }),
      jobs
    );
  const workers = () => screen.getByRole('table', { name: 'Workers' });

  it('have a row each, beside their job', () => {
    open(eight(index => (index === 5 ? 'connecting' : 'running')));
    expect(screen.getByText('9 of 9')).toBeDefined();
    const heads = within(workers()).getAllByRole('columnheader');
    expect(heads.slice(0, 3).map(head => head.textContent)).toEqual([
      'Worker',
      'Job id',
      'State'
    ]);
    const connecting = within(workers()).getByRole('row', {
      name: /w4815162_1-1.*4815162_1 .*Connecting/
    });
    expect(connecting.textContent).toContain('0.3 of 1.0 GB');
    const chips = within(screen.getByRole('group', { name: 'Show only' }));
    chips.getByRole('button', { name: '7 running' });
    chips.getByRole('button', { name: '1 connecting' });
    screen.getByText('in 2 jobs');
  });

  it('are found by name and by job', () => {
    open();
    typeFilter('w4815162_1-2');
    screen.getByText('1 of 9');
    typeFilter('4815162_1');
    screen.getByText('4 of 9');
  });

  it('show the job of a row below it', () => {
    open();
    const name = { name: 'w4815162_1-2, details of its job' };
    const row = screen.getByRole('button', name);
    fireEvent.click(row);
    expect(row.getAttribute('aria-expanded')).toBe('true');
    const facts = within(workers()).getByText('4 running').closest('dl');
    expect(facts?.textContent).toContain('4815162_1');
    expect(facts?.textContent).toContain('1.0 of 4.0 GB');
    fireEvent.click(row);
    expect(within(workers()).queryByText('4 running')).toBeNull();
  });

  it('open the log of their job, where their name is searched for', () => {
    open();
    fireEvent.click(
      screen.getByRole('button', { name: 'Log of w4815162_1-2' })
    );
    expect(openLogs).toHaveBeenCalledWith({
      id: '3f9c0a51d2',
      file: 'demo.worker.4815162_1.log',
      search: 'w4815162_1-2'
    });
  });

  it('are read out by name, and told with their job', () => {
    open();
    const map = screen.getByRole('listbox');
    fireEvent.focus(map);
    fireEvent.keyDown(map, { key: 'End' });
    expect(screen.getByRole('option').getAttribute('aria-label')).toBe(
      'w4815162_1-3, running, n100'
    );
    const detail = screen.getByRole('heading', { name: 'w4815162_1-3' });
    expect(detail.parentElement?.textContent).toContain('Job4815162_1');
  });

  it('may run in the job of the scheduler, each on its own node', () => {
    const [scheduler, job] = makeShared(1, 2);
    const both = (job.workers ?? []).map((worker, place) => ({
      ...worker,
      node: `n20${place}`,
      log: `demo.worker.${place}.log`
    }));
    open([{ ...scheduler, workers: both }]);
    screen.getByText('3 of 3');
    expect(screen.getByText('n201')).toBeDefined();
    fireEvent.click(
      screen.getByRole('button', { name: 'Log of w4815162_0-1' })
    );
    expect(openLogs).toHaveBeenCalledWith(
      expect.objectContaining({ file: 'demo.worker.1.log' })
    );
    screen.getByText('in 1 job on 2 nodes');
  });
});
