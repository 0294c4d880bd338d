/** The two profiles of the samples, the second with defaults of its own. */
import type { Profile } from '../api/schema';
import { makeProfiles } from './samples';

export const profiles = makeProfiles();
export const [centre, local] = profiles.profiles as [Profile, Profile];

local.schema = structuredClone(centre.schema);
const { workers } = local.schema.properties;
workers.properties.jobs.default = 2;
workers.properties.memory.default = '1G';
