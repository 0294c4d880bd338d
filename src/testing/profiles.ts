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

/** The fields of a role. */
export function group(part: object): Record<string, Field> {
  return (part as { properties: Record<string, Field> }).properties;
}
