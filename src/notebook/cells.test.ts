import { describe, expect, it } from 'vitest';
import { makeCluster, makeSurvey } from '../testing/samples';
import { clusterOf, connectingCell, namesIn } from './cells';

describe('the cluster of a notebook', () => {
  const demo = makeCluster();
  const survey = makeSurvey();

  it('is the one that its cell connects to', () => {
    expect(clusterOf([connectingCell('demo')], [survey, demo])).toBe(demo);
    expect(clusterOf(['import dask', 'demo'], [survey, demo])).toBeNull();
  });

  it('is that of the last cell when several connect', () => {
    const cells = [connectingCell('demo'), connectingCell('survey-3k')];
    expect(clusterOf(cells, [survey, demo])).toBe(survey);
    const closed = makeSurvey({ state: 'closed' });
    expect(clusterOf(cells, [closed, demo])).toBe(demo);
  });

  it('is known by a cell in plain Python as well', () => {
    const cells = [
      connectingCell('survey-3k'),
      connectingCell('demo', 'python')
    ];
    expect(clusterOf(cells, [survey, demo])).toBe(demo);
    expect(cells[1]).toContain('client = dask_hpc.connect("demo")');
  });

  it('is the live one of a name that was used before', () => {
    const old = makeCluster({ id: 'old', state: 'closed' });
    expect(clusterOf([connectingCell('demo')], [demo, old])).toBe(demo);
    expect(clusterOf([connectingCell('demo')], [old])).toBeNull();
  });

  it('is not the one that closes while another of its name runs', () => {
    const old = makeCluster({ id: 'old', state: 'closing' });
    expect(clusterOf([connectingCell('demo')], [demo, old])).toBe(demo);
    expect(clusterOf([connectingCell('demo')], [old])).toBe(old);
  });

  it('is not named by a comment or by other code', () => {
    expect(namesIn('# %dask_cluster demo')).toEqual([]);
    expect(namesIn('print("%dask_cluster demo")')).toEqual([]);
    expect(namesIn('# client = dask_hpc.connect("demo")')).toEqual([]);
    expect(namesIn('x = 1\n  %dask_cluster  demo \n')).toEqual(['demo']);
  });
});
