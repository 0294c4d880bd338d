import { nullTranslator } from '@jupyterlab/translation';
import { expect, it } from 'vitest';
import { makeCluster, makeSurvey, NOW } from '../testing/samples';
import { Announcements } from './announcements';

const make = () => new Announcements(nullTranslator.load('test'));
const counting = (
  running: number,
  state: 'starting' | 'running' = 'starting'
) => makeCluster({ state, workers: { running, connected: running } });

it('keeps quiet about what is there at first', () => {
  expect(make().update([makeSurvey(), makeCluster()], NOW)).toEqual([]);
});

it('reads a changed state, and each problem once', () => {
  const announcements = make();
  announcements.update([makeSurvey({ problems: [] })], NOW);
  expect(announcements.update([makeSurvey()], NOW)).toEqual([
    'survey-3k: 37 failed on n214: out of memory'
  ]);
  expect(announcements.update([makeSurvey()], NOW)).toEqual([]);
  const failed = makeSurvey({ state: 'failed', reason: 'Its node failed.' });
  expect(announcements.update([failed], NOW)).toEqual([
    'survey-3k: Failed. Its node failed.'
  ]);
});

it('reads counts at quarters, and at most every 30 s', () => {
  const announcements = make();
  announcements.update([counting(0)], NOW);
  expect(announcements.update([counting(1)], NOW + 10_000)).toEqual([]);
  expect(announcements.update([counting(2)], NOW + 31_000)).toEqual([
    'demo: 2 of 4 running'
  ]);
  expect(announcements.update([counting(3)], NOW + 32_000)).toEqual([]);
  expect(announcements.update([counting(4, 'running')], NOW + 33_000)).toEqual([
    'demo: Running'
  ]);
  expect(announcements.update([counting(4, 'running')], NOW + 62_000)).toEqual([
    'demo: 4 of 4 running'
  ]);
});
