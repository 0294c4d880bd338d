import { describe, expect, it } from 'vitest';

import type { JobState, Log } from '../../api/schema';
import { fileRows, worst, type IChoice } from './files';

const make = (task: number, state: JobState, node = 'n1'): Log => ({
  file: `demo.worker.11_${task}.log`,
  role: 'worker',
  job: `11_${task}`,
  size: 1000,
  modified: '2026-11-21T14:30:00Z',
  state,
  node
});
const scheduler: Log = {
  ...make(0, 'running', 'n9'),
  file: 'demo.scheduler.10.log',
  role: 'scheduler',
  job: '10'
};
const logs = [
  scheduler,
  ...Array.from({ length: 20 }, (_, task) => make(task, 'running')),
  make(20, 'failed', 'n214')
];
const all: IChoice = {
  filter: '',
  closed: new Set(),
  whole: new Set(),
  file: null
};
const rows = (change: Partial<IChoice> = {}) =>
  fileRows(logs, { ...all, ...change }, state => state);

describe('fileRows', () => {
  it('has the worst first and five of a kind', () => {
    expect(
      rows().flatMap(row =>
        row.type === 'file' ? [] : [[row.type, row.group, row.count]]
      )
    ).toEqual([
      ['group', 'scheduler', 1],
      ['group', 'failed', 1],
      ['group', 'running', 20],
      ['more', 'running', 15]
    ]);
    expect(rows()).toHaveLength(3 + 1 + 1 + 5 + 1);
  });

  it('shows the rest, or nothing, when asked', () => {
    expect(rows({ whole: new Set(['running']) })).toHaveLength(3 + 22);
    expect(rows({ closed: new Set(['running']) })).toHaveLength(3 + 2);
  });

  it('always shows the file that is open', () => {
    const shown = rows({ file: 'demo.worker.11_17.log' });
    expect(shown).toHaveLength(12);
    expect(shown.at(-1)).toEqual({ type: 'more', group: 'running', count: 14 });
  });

  it('never hides a single file behind "1 more"', () => {
    const six = fileRows(logs.slice(1, 7), all, state => state);
    expect(six.map(row => row.type)).not.toContain('more');
  });

  it('filters by id, node and state', () => {
    const found = (filter: string) =>
      rows({ filter }).flatMap(row => (row.type === 'file' ? row.log.job : []));
    expect(found('11_17')).toEqual(['11_17']);
    expect(found('N214')).toEqual(['11_20']);
    expect(found('failed')).toEqual(['11_20']);
    expect(found('n214 running')).toEqual([]);
  });
});

describe('worst', () => {
  it('is what a user looks for first', () => {
    expect(worst(logs)?.job).toBe('11_20');
    expect(worst(logs.slice(0, 5))?.job).toBe('10');
    expect(worst([])).toBeUndefined();
  });
});
