/** The status of a cluster whose scheduler and workers share one job of several nodes. */
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { fireEvent, render, screen, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { Cluster } from '../../api/schema';
import { FakeModel, FakeWatch } from '../../testing/model';
import { makeCluster, makeOneJob } from '../../testing/samples';
import { CommandIDs } from '../../tokens';
import { Facts } from '../Facts';
import { JobsTab } from './JobsTab';

const openLogs = vi.fn();

/** Two nodes with two workers each. */
function cluster(problems: Cluster['problems'] = []): Cluster {
  return makeCluster({
    fixed_workers: 4,
    jobs: { requested: 1, pending: 0, running: 1, ended: 0, failed: 0 },
    problems,
    request: {
      layout: 'one-job',
      workers: { jobs: 0, nodes: 2, processes: 2, memory: '4G', cpus: 4 }
    }
  });
}

function show(shown = cluster()): void {
  const commands = new CommandRegistry();
  commands.addCommand(CommandIDs.openLogs, { execute: openLogs });
  const watch = new FakeWatch(shown.id);
  watch.set(makeOneJob(2, 2));
  render(
    <JobsTab
      model={new FakeModel([shown])}
      cluster={shown}
      commands={commands}
      translator={nullTranslator}
      jobs={watch}
      inSight={true}
    />
  );
}

it('counts the job and its nodes', () => {
  const shown = cluster();
  const trans = nullTranslator.load('');
  render(
    <Facts cluster={shown} model={new FakeModel([shown])} trans={trans} />
  );
  screen.getByText(', 1 of 1 job on 2 nodes');
  expect(screen.getByText('Per node').nextSibling?.textContent).toMatch(
    /^2 workers, 4G .*, 4 CPUs, 02:00:00$/
  );
  show(shown);
  screen.getByText('in 1 job on 2 nodes');
});

it('has rows of workers with their nodes, and one of the scheduler', () => {
  show();
  const rows = within(screen.getByRole('table', { name: 'Workers' }));
  rows.getByRole('row', { name: /Scheduler 4815161 .*n003/ });
  rows.getByRole('row', { name: /w4815161_1-0.* 4815161 .*n001/ });
  fireEvent.click(rows.getByRole('button', { name: 'Log of w4815161_1-0' }));
  expect(openLogs).toHaveBeenLastCalledWith({
    id: '3f9c0a51d2',
    file: 'demo.worker.4815161_1.log',
    search: 'w4815161_1-0'
  });
});

it('opens the log of the node that has failed, or has not come', () => {
  const problem = {
    kind: 'failed' as const,
    reason: '',
    message: '2 failed on n001: exit 3',
    advice: 'See their logs.',
    count: 2,
    node: 'n001',
    jobs: ['4815161'],
    log: []
  };
  show(cluster([problem, { ...problem, message: '2 absent', node: '' }]));
  for (const button of screen.getAllByRole('button', { name: 'Open logs' })) {
    fireEvent.click(button);
  }
  expect(openLogs.mock.calls.slice(-2)).toEqual([
    [{ id: '3f9c0a51d2', file: 'demo.worker.4815161_1.log' }],
    [{ id: '3f9c0a51d2', file: 'demo.scheduler.4815161.log' }]
  ]);
});
