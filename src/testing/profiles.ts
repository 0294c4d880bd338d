/** The two profiles of the samples, the second with defaults of its own. */
import type { Field, Profile } from '../api/schema';
import { formFields } from '../common/formFields';
import { makeProfiles } from './samples';

export const profiles = makeProfiles();
export const [centre, local] = profiles.profiles as [Profile, Profile];

local.schema = structuredClone(centre.schema);
const fields = formFields(local);
fields['workers.jobs'].default = 2;
fields['workers.memory'].default = '1G';

/** A profile that offers scheduler and workers in one job beside jobs of their own. */
export function bothLayouts(): Profile {
  const profile = structuredClone(centre);
  const { properties } = profile.schema;
  const workers = group(properties.workers);
  const scheduler = group(properties.scheduler);
  const { jobs } = workers;
  jobs.layout = 'separate';
  scheduler.time.layout = 'separate';
  workers.nodes = { ...jobs, layout: 'one-job', maximum: 4, title: 'Nodes' };
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

/** The same profile, which offers up to four GPUs of two models now. */
export function withGpus(profile: Profile): Profile {
  const workers = group(profile.schema.properties.workers);
  const { jobs } = workers;
  const named = (title: string) => ({
    ...jobs,
    title,
    messages: { ...jobs.messages, title },
    layout: undefined,
    minimum: undefined,
    maximum: undefined
  });
  workers.gpus = {
    ...named('GPUs per job'),
    default: 0,
    minimum: 0,
    maximum: 4
  };
  workers.gpu_model = {
    ...named('GPU model'),
    type: 'string',
    default: 'a100',
    choices: { a100: 'a100', h100: 'h100' }
  };
  return profile;
}

/** The same profile with options: one of a list, several, a text, and one of what the user has. */
export function withOptions(profile: Profile): Profile {
  const { properties } = profile.schema;
  const option = (title: string, change: Partial<Field>): Field => ({
    title,
    description: '',
    messages: { title, description: '' },
    advanced: false,
    type: 'string',
    default: '',
    ...change
  });
  const modules = ['gcc/12', 'python/3.11', '9'];
  properties.options = {
    properties: {
      account: option('Account', { dynamic: true }),
      qos: option('QOS', {
        default: 'regular',
        enum: ['regular', 'debug'],
        choices: { regular: 'regular', debug: 'Debug: 30 minutes' },
        limits: {
          debug: {
            'workers.time': { maximum: 1800, maximum_text: '00:30:00' },
            'workers.jobs': { maximum: 4, default: 2 }
          }
        }
      }),
      constraint: option('Constraint', {
        pattern: '^(?:[a-z&]*)$',
        maxLength: 256
      }),
      modules: option('Modules', {
        type: 'array',
        default: [],
        items: { enum: modules },
        choices: Object.fromEntries(modules.map(name => [name, name])),
        maxItems: 2,
        advanced: true
      })
    }
  };
  return profile;
}

/** The fields of a role. */
export function group(part: object): Record<string, Field> {
  return (part as { properties: Record<string, Field> }).properties;
}
