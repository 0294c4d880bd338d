import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { clock } from '../common/format';
import { makeCluster, makeSurvey, NOW } from '../testing/samples';
import { asOf, hasCard, timeLeft, worstProblem } from './timing';

const trans = nullTranslator.load('test');
const iso = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();

describe('time left', () => {
  it('is told with the hour at which it ends', () => {
    const cluster = makeCluster({ ends: iso(108) });
    expect(timeLeft(cluster, NOW, trans)).toEqual({
      text: `1 h 48 min left, until ${clock(NOW + 108 * 60_000)}`,
      short: false
    });
  });

  it('is that of the cluster where its workers are kept', () => {
    const cluster = makeCluster({ ends: iso(108), replace_workers: true });
    expect(timeLeft(cluster, NOW, trans)?.text).toBe(
      `1 h 48 min left, until ${clock(NOW + 108 * 60_000)}. Workers are replaced until then.`
    );
  });

  it('warns under 15 minutes', () => {
    const short = (minutes: number) =>
      timeLeft(makeCluster({ ends: iso(minutes) }), NOW, trans)?.short;
    expect([short(15), short(14)]).toEqual([false, true]);
  });

  it('is not told of what does not run, or is over', () => {
    expect(timeLeft(makeCluster({ ends: null }), NOW, trans)).toBeNull();
    expect(timeLeft(makeCluster({ state: 'closed' }), NOW, trans)).toBeNull();
  });
});

describe('the line of trouble', () => {
  it('is the worst problem', () => {
    expect(worstProblem(makeSurvey(), NOW, trans)).toEqual({
      text: '37 failed on n214: out of memory.',
      kind: 'failed'
    });
  });

  it('is absent without trouble', () => {
    expect(worstProblem(makeCluster(), NOW, trans)).toBeNull();
  });

  it('says why a cluster waits, and how long it may', () => {
    const cluster = makeCluster({
      state: 'queued',
      expected_start: iso(7),
      scheduler: { state: 'pending', reason: 'Priority' }
    });
    expect(worstProblem(cluster, NOW, trans)?.text).toBe(
      `Pending: Priority, expected about ${clock(NOW + 7 * 60_000)}.`
    );
  });

  it('says why a cluster failed', () => {
    const cluster = makeCluster({
      state: 'failed',
      reason: 'Slurm refused: "Invalid account".'
    });
    expect(worstProblem(cluster, NOW, trans)).toEqual({
      text: 'Slurm refused: "Invalid account".',
      kind: 'failed'
    });
  });
});

describe('a card', () => {
  it('is kept for what failed lately, not for what was closed', () => {
    const failed = (minutes: number) =>
      makeCluster({ state: 'failed', closed: iso(minutes) });
    expect(hasCard(makeCluster({ state: 'closing' }), NOW)).toBe(true);
    expect(hasCard(failed(-59), NOW)).toBe(true);
    expect(hasCard(failed(-61), NOW)).toBe(false);
    expect(hasCard(makeCluster({ state: 'closed' }), NOW)).toBe(false);
  });

  it('says since when it is out of date', () => {
    const cluster = makeCluster({ stale: true, as_of: iso(-4) });
    expect(asOf(cluster, NOW, trans)).toBe(`as of ${clock(NOW - 4 * 60_000)}`);
    expect(asOf(makeCluster(), NOW, trans)).toBeNull();
  });
});
