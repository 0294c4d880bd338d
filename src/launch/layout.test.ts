import { describe, expect, it } from 'vitest';
import type { Field, Profile } from '../api/schema';
import { formFields } from '../common/formFields';
import { centre, profiles } from '../testing/profiles';
import { buildRequest, emptyForm, reduce, valuesOf, type Form } from './form';
import { limit } from './fields';
import { totals } from './totals';

const none: ReadonlySet<string> = new Set();

/** A profile that offers scheduler and workers in one job beside jobs of their own. */
function both(): Profile {
  const profile = structuredClone(centre);
  const properties = profile.schema.properties as Record<
    string,
    Field | { properties: Record<string, Field> }
  >;
  const workers = properties.workers as { properties: Record<string, Field> };
  const scheduler = properties.scheduler as typeof workers;
  const { jobs } = workers.properties;
  jobs.layout = 'separate';
  scheduler.properties.time.layout = 'separate';
  workers.properties.nodes = { ...jobs, layout: 'one-job', maximum: 4 };
  properties.layout = {
    title: 'Layout',
    description: '',
    messages: { title: 'Layout', description: '' },
    advanced: false,
    type: 'string',
    default: 'separate',
    choices: { separate: 'Jobs of their own', 'one-job': 'All in one job' }
  };
  return profile;
}

function form(layout?: string): Form {
  const offered = both();
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

  it('counts nodes, since the scheduler takes a part of the first one', () => {
    const { profile } = form('one-job');
    const values = { ...valuesOf(form('one-job'), none), 'workers.nodes': '4' };
    const sums = totals(profile, values);
    expect([sums.workers, sums.nodes, sums.cpus]).toEqual([null, 4, 4]);
  });

  it('is filled in from the request of another cluster', () => {
    const request = {
      profile: centre.name,
      layout: 'one-job',
      workers: { nodes: 2 }
    };
    const offered = { ...profiles, profiles: [both()] };
    const filled = reduce(form(), {
      type: 'fill',
      profiles: offered,
      request,
      denied: ''
    });
    expect(buildRequest(filled, none, '')).toMatchObject(request);
  });
});
