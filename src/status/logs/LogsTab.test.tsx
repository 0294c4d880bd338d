import { nullTranslator } from '@jupyterlab/translation';
import {
  act,
  fireEvent,
  render,
  screen,
  waitFor
} from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import type { Job } from '../../api/schema';
import { FakeModel, FakeWatch } from '../../testing/model';
import { makeCluster, makeJobs } from '../../testing/samples';
import type { IPlace } from '../options';
import { LogsTab } from './LogsTab';

// jsdom has no layout, which CodeMirror measures.
Range.prototype.getClientRects ??= () => [] as unknown as DOMRectList;

const TEXT = [
  'INFO memory is fine',
  'WARNING memory is high',
  'ERROR row 3: no Memory',
  'INFO end'
].join('\n');

function setUp(jobs: Job[] = makeJobs(2), text = TEXT + '\n') {
  const model = new FakeModel([makeCluster()]);
  const watch = new FakeWatch('3f9c0a51d2');
  watch.set(jobs);
  const bytes = new TextEncoder().encode(text);
  model.readLog.mockImplementation(async () => ({
    bytes,
    size: bytes.length
  }));
  model.logs.mockImplementation(async () => ({
    folder: '/home/ada/analysis/log',
    logs: [...watch.jobs.values()].map(job => ({
      file: job.log,
      role: job.role,
      job: job.id,
      size: 2048,
      modified: '2026-11-21T14:30:00Z',
      state: 'running' as const,
      node: job.node
    }))
  }));
  const tab = (place: IPlace = {}) => (
    <LogsTab
      model={model}
      cluster={makeCluster()}
      jobs={watch}
      translator={nullTranslator}
      place={place}
    />
  );
  return { model, watch, tab, length: bytes.length };
}

const shownLines = () =>
  [...document.querySelectorAll('.cm-line')].map(line => line.textContent);

describe('LogsTab', () => {
  it('opens the log of a failed job by itself, and another one when chosen', async () => {
    const { model, tab } = setUp(
      makeJobs(3, index => (index === 1 ? 'failed' : 'running'))
    );
    render(tab());
    await screen.findByRole('region', { name: 'demo.worker.4815162_1.log' });
    await waitFor(() => expect(shownLines()).toContain('INFO end'));
    fireEvent.click(screen.getByText('4815162_2'));
    await screen.findByRole('region', { name: 'demo.worker.4815162_2.log' });
    await waitFor(() => expect(model.follows).toHaveLength(2));
    expect(model.follows[0].isDisposed).toBe(true);
  });

  it('sorts a file anew when its job fails', async () => {
    const { watch, tab } = setUp();
    render(tab());
    await screen.findByText('Running (2)');
    watch.set(makeJobs(2, index => (index === 0 ? 'failed' : 'running')));
    await screen.findByText('Failed (1)');
    expect(screen.getByText('Running (1)')).toBeTruthy();
  });

  it('opens a log at what it is asked to search for', async () => {
    const { tab } = setUp();
    const file = 'demo.worker.4815162_1.log';
    render(tab({ tab: 'logs', file, search: 'row 3' }));
    await screen.findByText('1 of 1');
    const search = screen.getByLabelText('Search in the log');
    expect((search as HTMLInputElement).value).toBe('row 3');
  });

  it('searches, and steps from match to match', async () => {
    const { tab } = setUp();
    render(tab());
    await waitFor(() => expect(shownLines()).toContain('INFO end'));
    const search = screen.getByLabelText('Search in the log');
    fireEvent.change(search, { target: { value: 'memory' } });
    await screen.findByText(/ of 3$/);
    const first = screen.getByText(/ of 3$/).textContent;
    fireEvent.keyDown(search, { key: 'Enter' });
    await waitFor(() =>
      expect(screen.getByText(/ of 3$/).textContent).not.toBe(first)
    );
    fireEvent.change(search, { target: { value: 'nowhere' } });
    await screen.findByText('No match');
  });

  it('shows only warnings or errors when asked', async () => {
    const { tab } = setUp();
    render(tab());
    fireEvent.click(await screen.findByRole('button', { name: 'Errors 1' }));
    await waitFor(() =>
      expect(shownLines()).toEqual(['ERROR row 3: no Memory'])
    );
    fireEvent.click(screen.getByRole('button', { name: 'Warnings 1' }));
    await waitFor(() =>
      expect(shownLines()).toEqual(['WARNING memory is high'])
    );
  });

  it('shows what the log grows by, and counts it when not following', async () => {
    const { model, tab } = setUp();
    render(tab());
    const follow = await screen.findByRole('button', { name: 'Follow' });
    expect(follow.getAttribute('aria-pressed')).toBe('true');
    fireEvent.click(follow);
    await waitFor(() => expect(model.follows).toHaveLength(1));
    model.follows[0].send({ size: 99, text: 'a\nb\n' });
    fireEvent.click(await screen.findByRole('button', { name: '2 new lines' }));
    await screen.findByRole('button', { name: 'Follow', pressed: true });
    expect(shownLines()).toContain('b');
  });

  it('does not say that it follows a log that the server does not follow', async () => {
    const { model, tab } = setUp();
    render(tab());
    await screen.findByRole('button', { name: 'Follow', pressed: true });
    await waitFor(() => expect(model.follows).toHaveLength(1));
    model.follows[0].refused = true;
    model.follows[0].send({ error: 'At most 16 logs.' });
    const follow = await screen.findByRole('button', {
      pressed: false,
      name: 'Follow'
    });
    expect(follow).toHaveProperty('disabled', true);
    screen.getByText('At most 16 logs.');
  });

  it('says when nothing comes since the connection is lost', async () => {
    const { model, tab } = setUp();
    render(tab());
    await screen.findByRole('button', { name: 'Follow', pressed: true });
    act(() => model.set({ connectionError: 'The connection is lost.' }));
    await screen.findByText('The connection is lost.');
    act(() => model.set({ connectionError: '' }));
    expect(screen.queryByText('The connection is lost.')).toBeNull();
  });

  it('opens the file and line that it is asked for', async () => {
    const { tab } = setUp();
    const { rerender } = render(tab());
    await screen.findByRole('region', { name: 'demo.scheduler.4815161.log' });
    const place = { file: 'demo.worker.4815162_1.log', line: 3 };
    rerender(tab(place));
    await screen.findByRole('region', { name: 'demo.worker.4815162_1.log' });
    fireEvent.click(
      await screen.findByRole('button', { name: 'Follow', pressed: false })
    );
    rerender(tab(place));
    await screen.findByRole('button', { name: 'Follow', pressed: true });
    // Asked for once more.
    rerender(tab({ ...place }));
    await screen.findByRole('button', { name: 'Follow', pressed: false });
  });

  it('lists the errors of all workers, and shows the place of one', async () => {
    const { model, tab } = setUp();
    model.logProblems.mockResolvedValue({
      files: 3,
      lines: 40,
      kinds: [
        {
          count: 40,
          level: 'error',
          text: 'row \u0001: no Memory',
          first: '2026-11-21T14:29:44Z',
          last: '2026-11-21T14:30:04Z',
          jobs: ['4815162_0', '4815162_1'],
          example: { file: 'demo.worker.4815162_1.log', line: 0 }
        }
      ]
    });
    render(tab());
    await screen.findByText('40 lines, 1 message, in 3 files');
    expect(screen.getByText(/^2 workers on n100, /)).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Show' }));
    await screen.findByRole('region', { name: 'demo.worker.4815162_1.log' });
    await screen.findByRole('button', { name: 'Follow', pressed: false });
    fireEvent.click(
      screen.getByRole('button', { name: 'Errors and warnings' })
    );
    await waitFor(() =>
      expect(model.logProblems).toHaveBeenLastCalledWith(
        '3f9c0a51d2',
        'warning'
      )
    );
  });

  it('says what went wrong', async () => {
    const { model, tab } = setUp();
    model.readLog.mockRejectedValue(new Error('Links are not followed.'));
    model.logProblems.mockRejectedValue(new Error('The server is busy.'));
    render(tab());
    await screen.findByText('Links are not followed.');
    await screen.findByText('The server is busy.');
  });

  it('says when the filter finds nothing', async () => {
    const { tab } = setUp();
    render(tab());
    fireEvent.change(
      await screen.findByLabelText('Filter by id, node or state'),
      { target: { value: 'n999' } }
    );
    fireEvent.click(screen.getByText('Clear filter'));
    await screen.findByText('Running (2)');
  });
});
