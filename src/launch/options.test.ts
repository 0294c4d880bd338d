/** Options that users choose: what stands in them, which limits they bring, what is sent and remembered. */
import { nullTranslator } from '@jupyterlab/translation';
import { StateDB } from '@jupyterlab/statedb';
import { describe, expect, it } from 'vitest';
import { formFields } from '../common/formFields';
import { limitedBy } from '../common/options';
import {
  group,
  local,
  profiles,
  withOptions,
  centre
} from '../testing/profiles';
import { check, limitText } from './check';
import { emptyForm, reduce, refusal, type Action, type Form } from './form';
import { buildRequest } from './formRequest';
import { choicesToKeep, isChanged, optionsOf, valuesOf } from './formValues';
import { LastChoices } from './lastChoices';

const trans = nullTranslator.load('');
const none: ReadonlySet<string> = new Set();
const site = withOptions(structuredClone(centre));
const offer = { ...profiles, profiles: [site, local] };

const after = (...actions: Action[]): Form =>
  actions.reduce(reduce, emptyForm(offer));

const typed = (path: string, text: string) =>
  ({ type: 'typed', path, text }) as const;

const remembered = (options: Record<string, string>) =>
  ({ type: 'remembered', options: { 'cc-in2p3': options } }) as const;

const answered = (values: string[], problem = '', standard = values[0]) =>
  ({
    type: 'answered',
    profile: 'cc-in2p3',
    answers: {
      account: {
        choices: values.map(value => ({ value, title: value })),
        default: standard ?? '',
        as_of: null,
        problem
      }
    }
  }) as const;

const sent = (form: Form): unknown => buildRequest(form, none, '').options;

const errorsOf = (form: Form): Record<string, unknown> =>
  check(form.profile, valuesOf(form, none), none, none, trans);

describe('the value of an option', () => {
  it('is the default at first, and left to the server while it is not known', () => {
    expect(sent(after())).toEqual({
      qos: 'regular',
      constraint: '',
      modules: []
    });
  });

  it('is the default of what the user has, once that is known', () => {
    const form = after(answered(['atlas', 'lsst'], '', 'lsst'));
    expect(sent(form)).toMatchObject({ account: 'lsst' });
    expect(isChanged(form, 'options.account')).toBe(false);
  });

  it('stays unknown where the first attempt failed, and keeps the last answer where a later one did', () => {
    const failed = after(answered([], 'sacctmgr is silent.'));
    expect(sent(failed)).not.toHaveProperty('account');
    const later = reduce(failed, answered(['atlas'], 'sacctmgr is silent.'));
    expect(sent(later)).toMatchObject({ account: 'atlas' });
  });

  it('may be none where that is on offer', () => {
    expect(sent(after(answered(['', 'atlas'])))).toMatchObject({ account: '' });
  });

  it('is what was chosen, several as a list', () => {
    const form = after(
      answered(['atlas', 'lsst']),
      typed('options.account', 'lsst'),
      typed('options.modules', 'gcc/12\n9')
    );
    expect(sent(form)).toMatchObject({
      account: 'lsst',
      modules: ['gcc/12', '9']
    });
    expect(isChanged(form, 'options.modules')).toBe(true);
  });

  it('is sent as chosen where all values are taken away', () => {
    const several = structuredClone(site);
    group(several.schema.properties.options).account.type = 'array';
    const form = [answered(['atlas']), typed('options.account', '')].reduce(
      reduce,
      emptyForm({ ...offer, profiles: [several] })
    );
    expect(sent(form)).toMatchObject({ account: [] });
  });

  it('is kept for each profile by itself', () => {
    const form = after(
      typed('options.qos', 'debug'),
      { type: 'profile', profile: local },
      { type: 'profile', profile: site }
    );
    expect(sent(form)).toMatchObject({ qos: 'debug' });
    expect(sent(after({ type: 'profile', profile: local }))).toBeUndefined();
  });

  it('is that of the last launch, if it is still offered', () => {
    const form = after(
      remembered({
        'options.qos': 'gone',
        'options.account': 'lsst',
        'options.constraint': 'UPPER',
        'options.modules': 'gcc/11\n9'
      })
    );
    expect(sent(form)).toEqual({
      account: 'lsst',
      qos: 'regular',
      constraint: '',
      modules: ['9']
    });
    expect(optionsOf(form).dropped).toEqual({
      'options.account': [],
      'options.qos': ['gone'],
      'options.constraint': ['UPPER'],
      'options.modules': ['gcc/11']
    });
    const known = reduce(form, answered(['atlas']));
    expect(sent(known)).toMatchObject({ account: 'atlas' });
    expect(optionsOf(known).dropped['options.account']).toEqual(['lsst']);
    const chosen = reduce(known, typed('options.account', 'atlas'));
    expect(optionsOf(chosen).dropped['options.account']).toEqual([]);
  });

  it('is filled in by "Launch again"', () => {
    const request = {
      profile: 'cc-in2p3',
      options: { account: 'lsst', qos: 'debug', modules: ['9'] }
    };
    const form = after(answered(['atlas', 'lsst']), {
      type: 'fill',
      profiles: offer,
      request,
      denied: ''
    });
    expect(sent(form)).toEqual({ ...request.options, constraint: '' });
  });
});

describe('the limits of a choice', () => {
  const debug = typed('options.qos', 'debug');

  it('replace those of the profile at once, defaults too', () => {
    const form = after(debug);
    const fields = formFields(form.profile);
    const values = valuesOf(form, none);
    expect(values['workers.time']).toBe('00:30:00');
    expect(values['workers.jobs']).toBe('2');
    const by = limitedBy(form.profile, values, 'workers.time', 'maximum');
    expect(limitText(fields['workers.time'], trans, by)).toBe(
      'max 00:30:00 (QOS debug)'
    );
    expect(errorsOf(form)).toEqual({});
    const back = reduce(form, typed('options.qos', 'regular'));
    expect(valuesOf(back, none)['workers.time']).toBe('02:00:00');
  });

  it('take the place of the words of the maximum', () => {
    const worded = structuredClone(site);
    const { jobs } = group(worded.schema.properties.workers);
    jobs.maximum_message = '3,000, of which 100 run at once';
    const form = reduce(emptyForm({ ...offer, profiles: [worded] }), debug);
    const field = formFields(form.profile)['workers.jobs'];
    expect(limitText(field, trans)).toBe('max 4');
  });

  it('make what was typed wrong, and name the choice', () => {
    const form = after(
      typed('workers.time', '2h'),
      typed('workers.jobs', '9'),
      debug
    );
    expect(errorsOf(form)).toEqual({
      'workers.time': {
        message: 'QOS debug: at most 00:30:00.',
        remedy: '00:30:00'
      },
      'workers.jobs': { message: 'QOS debug: at most 4.', remedy: '4' }
    });
  });

  it('count for what is not chosen as well', () => {
    const without = structuredClone(site);
    const { qos } = group(without.schema.properties.options);
    qos.limits = { '': { 'workers.jobs': { maximum: 3 } } };
    qos.enum = ['', 'debug'];
    qos.default = '';
    const form = emptyForm({ ...offer, profiles: [without] });
    expect(formFields(form.profile)['workers.jobs'].maximum).toBe(3);
  });

  it('are the narrowest of all choices', () => {
    const two = structuredClone(site);
    const { modules } = group(two.schema.properties.options);
    modules.limits = {
      9: { 'workers.jobs': { maximum: 3, minimum: 2, default: 3 } },
      'gcc/12': { 'workers.jobs': { maximum: 8 } }
    };
    const form = [debug, typed('options.modules', 'gcc/12\n9')].reduce(
      reduce,
      emptyForm({ ...offer, profiles: [two] })
    );
    const { minimum, maximum } = formFields(form.profile)['workers.jobs'];
    expect([minimum, maximum]).toEqual([2, 3]);
    // The first option's default.
    expect(valuesOf(form, none)['workers.jobs']).toBe('2');
    const low = reduce(form, typed('workers.jobs', '1'));
    expect(errorsOf(low)).toEqual({
      'workers.jobs': { message: 'Modules 9: at least 2.', remedy: '2' }
    });
  });
});

describe('an option', () => {
  it('with a text is checked against its pattern', () => {
    expect(errorsOf(after(typed('options.constraint', 'A100')))).toEqual({
      'options.constraint': {
        message: 'This does not match [a-z&]*. Correct it.'
      }
    });
  });

  it('with a pattern that a browser cannot read is left to the server', () => {
    const odd = structuredClone(site);
    const { constraint } = group(odd.schema.properties.options);
    constraint.pattern = '^(?:(?P<a>x)(?P=a))$';
    const form = reduce(
      emptyForm({ ...offer, profiles: [odd] }),
      typed('options.constraint', 'anything')
    );
    expect(errorsOf(form)).toEqual({});
  });

  it('takes no more values than it may have', () => {
    const all = typed('options.modules', 'gcc/12\npython/3.11\n9');
    expect(errorsOf(after(all))).toEqual({
      'options.modules': { message: 'At most 2 at once.', remedy: undefined }
    });
  });

  it('shows the refusal of the server', () => {
    const error = { message: 'No such account.', field: 'options.account' };
    expect(refusal(after(), error, 'demo', none)).toMatchObject({
      type: 'refused',
      place: 'options.account'
    });
  });
});

describe('what is remembered', () => {
  it('is what the user chose, not what stands there by default', () => {
    const form = after(
      remembered({ 'options.modules': '9', 'options.constraint': 'UPPER' }),
      typed('options.qos', 'debug')
    );
    expect(choicesToKeep(form)).toEqual({
      'options.qos': 'debug',
      'options.modules': '9'
    });
  });

  it('is kept in the state database by profile', async () => {
    const state = new StateDB();
    await new LastChoices(state).save('one', { 'options.qos': 'debug' });
    await new LastChoices(state).save('two', { 'options.qos': 'long' });
    await new LastChoices(state).save('one', { 'options.qos': 'regular' });
    expect(await new LastChoices(state).load()).toEqual({
      one: { 'options.qos': 'regular' },
      two: { 'options.qos': 'long' }
    });
  });

  it('is nothing where something else is kept, or nothing can be', async () => {
    const state = new StateDB();
    await state.save('jupyterlab-dask-hpc:options', ['x']);
    expect(await new LastChoices(state).load()).toEqual({});
    await new LastChoices(null).save('one', {});
    expect(await new LastChoices(null).load()).toEqual({});
  });
});
