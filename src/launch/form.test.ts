import { describe, expect, it } from 'vitest';
import type { Field } from '../api/schema';
import { centre, local, profiles } from '../testing/profiles';
import {
  emptyForm,
  reduce,
  refusal,
  shownErrors,
  type Action,
  type Form
} from './form';
import { buildRequest } from './formRequest';
import { isChanged, valuesOf } from './formValues';

type Group = { properties: Record<string, Field> };
const none: ReadonlySet<string> = new Set();

function after(...actions: Action[]): Form {
  return actions.reduce(reduce, emptyForm(profiles));
}

const typed = (
  path: 'name' | 'workers.jobs' | 'scheduler.time',
  text: string
) => ({ type: 'typed', path, text }) as const;

describe('the form', () => {
  it('starts with the defaults of the default profile', () => {
    expect(buildRequest(emptyForm(profiles), none, 'analysis')).toEqual({
      name: 'dask-1',
      profile: 'cc-in2p3',
      workspace: 'analysis',
      workers: {
        jobs: 1,
        memory: '3G',
        cpus: 1,
        time: '02:00:00',
        processes: 1,
        threads: 0
      },
      scheduler: { memory: '1G', time: '08:00:00' },
      idle_timeout: '02:00:00',
      wait_for_running_percent: 0,
      python_environment: '',
      script: ''
    });
  });

  it('is opened for a script once, and names the cluster after it', () => {
    const request = { profile: '', name: 'my fit', script: 'a/my fit.py' };
    const fill = { type: 'fill', profiles, request, denied: '' } as const;
    const form = after(typed('workers.jobs', '4'), fill);
    expect(form.forScript).toBe(true);
    const { name, profile, script } = buildRequest(form, none, 'a');
    expect([name, profile, script]).toEqual([
      'my-fit',
      'cc-in2p3',
      'a/my fit.py'
    ]);
    const next = reduce(form, { type: 'launched', name: 'my-fit' });
    expect(next.forScript).toBe(false);
    expect(buildRequest(next, none, 'a').script).toBe('');
  });

  it('sends what was typed, numbers as numbers', () => {
    const form = after(typed('name', ' demo '), typed('workers.jobs', '3,000'));
    const request = buildRequest(form, none, '');
    expect(request.name).toBe('demo');
    expect(request.workers?.jobs).toBe(3000);
  });

  it('has each field that the profile publishes, and sends it', () => {
    const more = structuredClone(profiles);
    const { workers } = more.profiles[0].schema.properties;
    const { jobs, ...others } = (workers as Group).properties;
    (workers as Group).properties = {
      jobs,
      gpus: { ...jobs, default: 2 },
      ...others
    };
    const form = emptyForm(more);
    const [, , next] = Object.keys(valuesOf(form, none));
    expect(next).toBe('workers.gpus');
    const request = buildRequest(form, none, '');
    expect(request.workers?.gpus).toBe(2);
    const fill = { type: 'fill', profiles: more, request, denied: '' } as const;
    expect(reduce(form, fill).typed['workers.gpus']).toBe('2');
  });

  it('takes another profile with its defaults, and keeps what was typed', () => {
    const form = after(typed('workers.jobs', '4'), {
      type: 'profile',
      profile: local
    });
    const values = valuesOf(form, none);
    expect(values['workers.jobs']).toBe('4');
    expect(values['workers.memory']).toBe('1G');
  });

  it('offers a name that no known cluster has, also when the field is empty', () => {
    const known = new Set(['dask-1', 'dask-2']);
    expect(valuesOf(after(), known).name).toBe('dask-3');
    expect(buildRequest(after(typed('name', '')), known, '').name).toBe(
      'dask-3'
    );
  });

  it('keeps its values after a launch, and takes the next name', () => {
    const form = after(typed('name', 'halo'), typed('workers.jobs', '4'), {
      type: 'launched',
      name: 'halo'
    });
    expect(valuesOf(form, none).name).toBe('halo-2');
    expect(valuesOf(form, none)['workers.jobs']).toBe('4');
  });

  it('shortens an idle time-out that nobody typed to the scheduler time', () => {
    const form = after(typed('scheduler.time', '30m'));
    expect(valuesOf(form, none).idle_timeout).toBe('00:30:00');
    expect(isChanged(form, 'idle_timeout')).toBe(false);
    expect(isChanged(form, 'scheduler.time')).toBe(true);
  });

  it('does not call a default that was typed a change', () => {
    expect(isChanged(after(typed('workers.jobs', '1')), 'workers.jobs')).toBe(
      false
    );
  });

  it('is filled in from a request, under a name that is free', () => {
    const request = buildRequest(after(typed('name', 'demo')), none, 'x');
    const form = after({
      type: 'fill',
      profiles,
      request: { ...request, profile: 'local', workers: { jobs: 7 } },
      denied: ''
    });
    expect(form.profile).toBe(local);
    const values = valuesOf(form, new Set(['demo']));
    expect(values.name).toBe('demo-2');
    expect(values['workers.jobs']).toBe('7');
    expect(values['workers.memory']).toBe('1G');
  });

  it('falls back to the default profile where the asked one is gone', () => {
    const request = { profile: 'gone' };
    const form = after({ type: 'fill', profiles, request, denied: '' });
    expect(form.profile).toBe(centre);
  });
});

describe('errors', () => {
  const errors = { 'workers.jobs': { message: 'A whole number.' } } as const;

  it('are shown once they were revealed, and again while that field is typed in', () => {
    expect(shownErrors(after(), errors)).toEqual({});
    const form = after({ type: 'reveal', errors }, typed('workers.jobs', '0'));
    expect(shownErrors(form, errors)).toEqual(errors);
    expect(shownErrors(form, {})).toEqual({});
  });

  it('of the server stand at their field until that changes', () => {
    const action = refusal(
      after(),
      { message: 'Too many.', field: 'workers.jobs', reason: 'invalid' },
      'demo',
      none
    );
    const shown = { 'workers.jobs': { message: 'Too many.' } };
    expect(shownErrors(after(action), {})).toEqual(shown);
    const elsewhere = after(action, typed('name', 'x'));
    expect(shownErrors(elsewhere, {})).toEqual(shown);
    const here = after(action, typed('workers.jobs', '3'));
    expect(shownErrors(here, {})).toEqual({});
  });

  it('of the server that belong to no field keep the words of the batch system', () => {
    const form = after(
      refusal(
        after(),
        { message: 'Slurm refused.', detail: 'sbatch: error: x', field: 'odd' },
        '',
        none
      )
    );
    expect(form.error).toEqual({
      message: 'Slurm refused.',
      detail: 'sbatch: error: x'
    });
    expect(reduce(form, { type: 'sent' }).error).toBeNull();
  });

  it('offer another name for one that the server knows already', () => {
    const error = { message: 'demo exists already.', reason: 'exists' };
    const action = refusal(after(), { ...error, field: 'name' }, 'demo', none);
    expect(action).toMatchObject({ error: { remedy: 'demo-2' } });
  });
});
