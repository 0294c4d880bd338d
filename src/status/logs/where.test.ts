import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import type { Job } from '../../api/schema';
import { whereOf } from './where';

const trans = nullTranslator.load('');
const jobs = new Map(
  [
    { id: '10', role: 'scheduler', node: 'n9' },
    { id: '11_0', role: 'worker', node: 'n1' },
    { id: '11_1', role: 'worker', node: 'n2' }
  ].map(job => [job.id, job as Job])
);

describe('whereOf', () => {
  it.each([
    [['11_0'], '1 worker on n1'],
    [['11_0', '11_1'], '2 workers on 2 nodes'],
    [['10'], 'Scheduler on n9'],
    [['10', '11_1'], 'scheduler and 1 worker on 2 nodes'],
    [[], 'Output of the batch system']
  ])('says who wrote a message: %j', (ids, text) => {
    expect(whereOf(ids, jobs, trans)).toBe(text);
  });
});
