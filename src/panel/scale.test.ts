import { nullTranslator } from '@jupyterlab/translation';
import { expect, it } from 'vitest';
import { makeCluster } from '../testing/samples';
import { consequence, wholeJobs, workersError } from './scale';

const trans = nullTranslator.load('test');

it.each(['0', '3000', '3,000', ' 4 '])('takes %j', text => {
  expect(workersError(text, 3000, trans)).toBeUndefined();
});

it.each<[string, string?]>([['3001', '3000'], ['-1'], ['2.5'], [''], ['many']])(
  'does not take %j',
  (text, remedy) => {
    expect(workersError(text, 3000, trans)).toEqual({
      message: 'A whole number from 0 to 3,000.',
      remedy
    });
  }
);

it('knows no limit where none is known', () => {
  expect(workersError('99999', null, trans)).toBeUndefined();
  expect(workersError('x', null, trans)?.message).toBe(
    'A whole number from 0 on.'
  );
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
  expect(consequence(text, workers, 1, trans)).toBe(sentence);
});

it('tells that the same number replaces what has gone, but not what was told to go', () => {
  const failed = { ...workers, running: 3, failed: 1 };
  expect(consequence('4', failed, 1, trans)).toBe(
    'Workers that have ended or failed are started again.'
  );
  const fewer = { ...workers, requested: 2, running: 2, ended: 2 };
  expect(consequence('2', fewer, 1, trans)).toBe('');
});

it('makes whole jobs of workers that share them', () => {
  const sixteen = { ...workers, requested: 16, running: 16, connected: 16 };
  const of = (text: string) => wholeJobs(text, 8, trans);
  expect(of('16')).toBe(
    'Jobs of 8 workers are started and ended as a whole: 2 jobs, 16 workers.'
  );
  expect(of('9')).toContain('2 jobs, 16 workers');
  expect(of('8')).toContain('1 job, 8 workers');
  expect(of('x')).toBe('');
  expect(wholeJobs('4', 1, trans)).toBe('');
  // As many workers as there are.
  expect(consequence('9', sixteen, 8, trans)).toBe('');
  expect(consequence('8', sixteen, 8, trans)).toMatch(/^Queued workers/);
});
