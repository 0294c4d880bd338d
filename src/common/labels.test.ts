import { nullTranslator } from '@jupyterlab/translation';
import { expect, it } from 'vitest';
import { makeCluster } from '../testing/samples';
import { jobsLabel } from './labels';

const trans = nullTranslator.load('test');

/** What a cluster with so many jobs is said to have. */
function label(requested: number, workers: number, nodes = 1): string {
  const jobs = { requested, pending: 0, running: 0, ended: 0, failed: 0 };
  const change = { workers: { requested: workers } };
  return jobsLabel(
    makeCluster({ jobs, ...change, request: { workers: { nodes } } }),
    trans
  );
}

it('counts jobs and workers where they are not the same', () => {
  expect(label(12, 96)).toBe('12 jobs, 96 workers');
  expect(label(1, 1)).toBe('1 job, 1 worker');
  expect(jobsLabel(makeCluster(), trans)).toBe('');
});

it('counts nodes where a job has several, and each further job has one', () => {
  expect(label(1, 4, 2)).toBe('1 job, 2 nodes, 4 workers');
  expect(label(2, 6, 2)).toBe('2 jobs, 3 nodes, 6 workers');
});
