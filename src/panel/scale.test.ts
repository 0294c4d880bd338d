import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { makeCluster } from '../testing/samples';
import { bothLayouts, centre, withOptions } from '../testing/profiles';
import {
  consequence,
  rangeOf,
  rangeText,
  wholeJobs,
  workersError
} from './scale';

const trans = nullTranslator.load('test');
const range = { fixed: 0, most: 3000, step: 1 };

it.each(['0', '3000', '3,000', ' 4 '])('takes %j', text => {
  expect(workersError(text, range, trans)).toBeUndefined();
});

it.each<[string, string?]>([['3001', '3000'], ['-1'], ['2.5'], [''], ['many']])(
  'does not take %j',
  (text, remedy) => {
    expect(workersError(text, range, trans)).toEqual({
      message: 'A whole number from 0 to 3,000.',
      remedy
    });
  }
);

it('knows no limit where none is known', () => {
  expect(
    workersError('99999', { ...range, most: null }, trans)
  ).toBeUndefined();
  expect(workersError('x', { ...range, most: null }, trans)?.message).toBe(
    'A whole number from 0 on.'
  );
});

it('follows the choices of the cluster', () => {
  const profile = withOptions(structuredClone(centre));
  const most = (qos: string) =>
    rangeOf(makeCluster({ request: { options: { qos } } }), profile).most;
  expect([most('regular'), most('debug')]).toEqual([3000, 4]);
});

const { workers } = makeCluster();

it.each([
  ['5', 'The new workers are submitted as another job array.'],
  [
    '3',
    'Queued workers are cancelled first. Others move their data before they end.'
  ],
  [
    '0',
    'All workers end, and results in their memory are lost. The scheduler keeps running.'
  ],
  ['4', ''],
  ['x', '']
])('tells what %j of 4 leads to', (text, sentence) => {
  expect(consequence(text, workers, range, trans)).toBe(sentence);
});

it('tells that the same number replaces what has gone, but not what was told to go', () => {
  const failed = { ...workers, running: 3, failed: 1 };
  expect(consequence('4', failed, range, trans)).toBe(
    'Workers that have ended or failed are started again.'
  );
  const fewer = { ...workers, requested: 2, running: 2, ended: 2 };
  expect(consequence('2', fewer, range, trans)).toBe('');
});

it('makes whole jobs of workers that share them', () => {
  const sixteen = { ...workers, requested: 16, running: 16, connected: 16 };
  const eight = { ...range, step: 8 };
  const of = (text: string) => wholeJobs(text, eight, trans);
  expect(of('16')).toBe(
    'Jobs of 8 workers are started and ended as a whole: 2 jobs, 16 workers.'
  );
  expect(of('9')).toContain('2 jobs, 16 workers');
  expect(of('8')).toContain('1 job, 8 workers');
  expect(of('x')).toBe('');
  expect(wholeJobs('4', range, trans)).toBe('');
  // As many workers as there are.
  expect(consequence('9', sixteen, eight, trans)).toBe('');
  expect(consequence('8', sixteen, eight, trans)).toMatch(/^Queued workers/);
});

describe('a cluster in one job', () => {
  const cluster = makeCluster({
    fixed_workers: 4,
    request: { layout: 'one-job', workers: { jobs: 0, processes: 2 } }
  });
  const grows = { ...bothLayouts(), further_jobs: 5 };
  const further = rangeOf(cluster, grows);

  it('has the number that it was launched with, and further jobs where the profile allows them', () => {
    expect(rangeOf(cluster, bothLayouts()).most).toBe(4);
    expect(further).toEqual({ fixed: 4, most: 14, step: 2 });
    expect(rangeOf(cluster, undefined).most).toBeNull();
    expect(rangeText(further, trans)).toBe('4 to 14, in steps of 2');
    expect(rangeText(rangeOf(makeCluster(), centre), trans)).toBe('max 3,000');
  });

  it('cannot have fewer workers than share the job of the scheduler', () => {
    expect(workersError('3', further, trans)).toEqual({
      message: 'At least 4: these workers share the job of the scheduler.',
      remedy: '4'
    });
    expect(workersError('15', further, trans)).toEqual({
      message: 'A whole number from 4 to 14.',
      remedy: '14'
    });
    expect(workersError('4', further, trans)).toBeUndefined();
  });

  it('gets further jobs as a whole', () => {
    expect(wholeJobs('5', further, trans)).toBe(
      'Further jobs of 2 workers are started and ended as a whole: 2 jobs, 6 workers.'
    );
    expect(consequence('6', workers, further, trans)).toMatch(
      /^The new workers/
    );
    expect(consequence('4', workers, further, trans)).toBe('');
  });
});
