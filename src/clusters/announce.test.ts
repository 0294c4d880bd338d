import { nullTranslator } from '@jupyterlab/translation';
import { expect, it } from 'vitest';
import { makeCluster, makeSurvey, NOW } from '../testing/samples';
import { Announcer } from './announce';

const make = () => new Announcer(nullTranslator.load('test'));
const counting = (
  running: number,
  state: 'starting' | 'running' = 'starting'
) => makeCluster({ state, workers: { running, connected: running } });

it('keeps quiet about what is there at first', () => {
  expect(make().hear([makeSurvey(), makeCluster()], NOW)).toEqual([]);
});

it('reads a changed state, and each problem once', () => {
  const announcer = make();
  announcer.hear([makeSurvey({ problems: [] })], NOW);
  expect(announcer.hear([makeSurvey()], NOW)).toEqual([
    'survey-3k: 37 failed on n214: out of memory'
  ]);
  expect(announcer.hear([makeSurvey()], NOW)).toEqual([]);
  const failed = makeSurvey({ state: 'failed', reason: 'Its node failed.' });
  expect(announcer.hear([failed], NOW)).toEqual([
    'survey-3k: Failed. Its node failed.'
  ]);
});

it('reads counts at quarters, and at most every 30 s', () => {
  const announcer = make();
  announcer.hear([counting(0)], NOW);
  expect(announcer.hear([counting(1)], NOW + 10_000)).toEqual([]);
  expect(announcer.hear([counting(2)], NOW + 31_000)).toEqual([
    'demo: 2 of 4 running'
  ]);
  expect(announcer.hear([counting(3)], NOW + 32_000)).toEqual([]);
  expect(announcer.hear([counting(4, 'running')], NOW + 33_000)).toEqual([
    'demo: Running'
  ]);
  expect(announcer.hear([counting(4, 'running')], NOW + 62_000)).toEqual([
    'demo: 4 of 4 running'
  ]);
});
