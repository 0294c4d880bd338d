/** The two profiles of the samples, the second with defaults of its own. */
import type { Profile } from '../api/schema';
import { formFields } from '../common/formFields';
import { makeProfiles } from './samples';

export const profiles = makeProfiles();
export const [centre, local] = profiles.profiles as [Profile, Profile];

local.schema = structuredClone(centre.schema);
const fields = formFields(local);
fields['workers.jobs'].default = 2;
fields['workers.memory'].default = '1G';
