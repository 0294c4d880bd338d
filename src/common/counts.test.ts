import { describe, expect, it } from 'vitest';
import { makeCluster, makeJobs, makeSurvey } from '../testing/samples';
import { countJobs, counts, share, total } from './counts';

describe('counts', () => {
  it('tells connected from connecting workers', () => {
    expect(counts(makeSurvey().workers)).toEqual({
      running: 2314,
      connecting: 38,
      pending: 611,
      failed: 37
    });
  });

  it('believes the batch system when the scheduler has heard from more', () => {
    const { workers } = makeCluster({ workers: { running: 3, connected: 4 } });
    expect(counts(workers)).toMatchObject({ running: 3, connecting: 0 });
  });

  it('knows no share of nothing', () => {
    const { workers } = makeCluster({ workers: { requested: 0, running: 0 } });
    expect(share(workers)).toBe(0);
  });

  it('adds up live clusters only', () => {
    const clusters = [
      makeSurvey(),
      makeCluster(),
      makeCluster({ state: 'closed' })
    ];
    expect(total(clusters)).toEqual({
      live: 2,
      running: 2356,
      requested: 3004
    });
  });

  it('counts worker jobs by state, the scheduler not among them', () => {
    const states = [
      'pending',
      'connecting',
      'running',
      'ending',
      'ended',
      'failed'
    ] as const;
    const jobs = makeJobs(6, index => states[index]);
    expect(countJobs(jobs)).toEqual({
      pending: 1,
      connecting: 1,
      running: 2,
      failed: 1
    });
  });
});
