import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { centre, profiles, withGpus } from '../testing/profiles';
import { check } from './check';
import { emptyForm, reduce, type Form } from './form';
import { buildRequest } from './formRequest';
import { valuesOf } from './formValues';
import { splits } from './shares';
import { totals, totalsText } from './totals';

const trans = nullTranslator.load('');
const none: ReadonlySet<string> = new Set();
const site = withGpus(structuredClone(centre));

function typed(values: Record<string, string>): Form {
  const start: Form = { ...emptyForm(profiles), offered: site, profile: site };
  return Object.entries(values).reduce(
    (form, [path, text]) => reduce(form, { type: 'typed', path, text }),
    start
  );
}

function errors(values: Record<string, string>) {
  return check(site, valuesOf(typed(values), none), none, none, trans);
}

describe('GPUs in the form', () => {
  it('give each job as many workers, which are counted', () => {
    const form = typed({
      'workers.jobs': '2',
      'workers.cpus': '8',
      'workers.memory': '8G',
      'workers.gpus': '4',
      'workers.gpu_model': 'h100'
    });
    const values = valuesOf(form, none);
    expect(values['workers.processes']).toBe('4');
    expect(check(site, values, none, none, trans)).toEqual({});
    expect(totalsText(totals(site, values), trans)[0]).toEqual([
      '8 workers',
      '16 GB',
      '16 CPUs',
      '8 GPUs'
    ]);
    expect(buildRequest(form, none, '').workers).toMatchObject({
      gpus: 4,
      gpu_model: 'h100',
      processes: 4
    });
    expect(splits(site, values, trans)).toEqual([]);
  });

  it('are none unless they are asked for', () => {
    const values = valuesOf(typed({ 'workers.cpus': '8' }), none);
    expect(values['workers.processes']).toBe('1');
    expect(totals(site, values).gpus).toBeNull();
    expect(splits(site, values, trans)).not.toEqual([]);
  });

  it('are at most what the site offers', () => {
    expect(errors({ 'workers.gpus': '5', 'workers.cpus': '20' })).toMatchObject(
      {
        'workers.gpus': { remedy: '4' }
      }
    );
  });

  it('need CPUs for each worker, and keep their number', () => {
    expect(errors({ 'workers.gpus': '4', 'workers.cpus': '6' })).toMatchObject({
      'workers.cpus': { remedy: '8' }
    });
    const asked = { 'workers.gpus': '2', 'workers.processes': '1' };
    expect(errors({ ...asked, 'workers.cpus': '2' })).toMatchObject({
      'workers.processes': { remedy: '2' }
    });
  });
});
