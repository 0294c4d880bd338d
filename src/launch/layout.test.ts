import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { formFields, inLayout } from '../common/formFields';
import { bothLayouts, centre, profiles } from '../testing/profiles';
import { emptyForm, reduce, type Form } from './form';
import { buildRequest } from './formRequest';
import { valuesOf } from './formValues';
import { limit } from './fields';
import { totals, totalsText } from './totals';

const trans = nullTranslator.load('');
const none: ReadonlySet<string> = new Set();

function form(layout?: string): Form {
  const offered = bothLayouts();
  const empty = emptyForm({ ...profiles, profiles: [offered] });
  return layout
    ? reduce(empty, { type: 'typed', path: 'layout', text: layout })
    : empty;
}

describe('the layout of a cluster', () => {
  it('decides which fields there are, and which are sent', () => {
    for (const [layout, has, hasNot] of [
      [undefined, 'workers.jobs', 'workers.nodes'],
      ['one-job', 'workers.nodes', 'workers.jobs']
    ] as const) {
      const fields = Object.keys(formFields(form(layout).profile));
      expect(fields).toContain(has);
      expect(fields).not.toContain(hasNot);
    }
    const request = buildRequest(form('one-job'), none, '');
    expect(request.layout).toBe('one-job');
    expect(Object.keys(request.workers as object)).not.toContain('jobs');
    expect(Object.keys(request.scheduler as object)).toEqual(['memory']);
  });

  it('limits the idle time-out by the time of the job that has the scheduler', () => {
    const now = form('one-job');
    const typed = reduce(now, {
      type: 'typed',
      path: 'workers.time',
      text: '01:00:00'
    });
    const values = valuesOf(typed, none);
    const most = limit(formFields(typed.profile), 'idle_timeout', values);
    expect(most).toEqual({ value: 3600, text: '01:00:00' });
    expect(values.idle_timeout).toBe('01:00:00');
  });

  it('changes back with all that was typed', () => {
    const there = reduce(form('one-job'), {
      type: 'typed',
      path: 'workers.nodes',
      text: '3'
    });
    const { profile, typed } = reduce(there, {
      type: 'typed',
      path: 'layout',
      text: 'separate'
    });
    expect(formFields(profile)['workers.jobs']).toBeDefined();
    expect(typed['workers.nodes']).toBe('3');
  });

  it('adds up nodes, and the workers that the scheduler leaves room for', () => {
    const { profile } = form('one-job');
    const values = {
      ...valuesOf(form('one-job'), none),
      'workers.nodes': '2',
      'workers.cpus': '6',
      'workers.processes': '2'
    };
    const sums = totals(profile, values);
    expect([sums.workers, sums.nodes, sums.cpus]).toEqual([4, 2, 12]);
    expect(totalsText(sums, trans)[0].slice(0, 2)).toEqual([
      '2 nodes',
      '4 workers'
    ]);
    const alone = { ...values, 'workers.cpus': '1', 'workers.processes': '1' };
    expect(totals(profile, alone).workers).toBe(1);
    expect(totals(profile, { ...values, 'workers.nodes': 'x' })).toMatchObject({
      workers: null,
      nodes: null
    });
  });

  it('has its own names for fields', () => {
    const renamed = bothLayouts();
    const title = (layout?: string): string =>
      formFields(inLayout(renamed, layout))['workers.processes'].messages.title;
    formFields(renamed)['workers.processes'].in_layout = {
      separate: { title: 'Workers per job', description: '' },
      'one-job': { title: 'Workers per node', description: '' }
    };
    expect(title('one-job')).toBe('Workers per node');
    expect(title()).toBe('Workers per job');
  });

  it('is filled in from the request of another cluster', () => {
    const request = {
      profile: centre.name,
      layout: 'one-job',
      workers: { nodes: 2 }
    };
    const offered = { ...profiles, profiles: [bothLayouts()] };
    const filled = reduce(form(), {
      type: 'fill',
      profiles: offered,
      request,
      denied: ''
    });
    expect(buildRequest(filled, none, '')).toMatchObject(request);
  });
});
