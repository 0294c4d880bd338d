/** The fields of the form, as a profile publishes them. */
import type { Field, Profile } from '../api/schema';

/** Dotted path of a field in a request: `workers.jobs`. */
export type FieldPath = string;

/** What a profile publishes about each field of the form, in the order of the form and of the focus. */
export function formFields(profile: Profile): Record<FieldPath, Field> {
  const fields: Record<FieldPath, Field> = {};
  for (const [key, part] of Object.entries(profile.schema.properties)) {
    if ('properties' in part) {
      for (const [leaf, field] of Object.entries(part.properties)) {
        fields[`${key}.${leaf}`] = field;
      }
    } else if ('title' in part && key !== 'workspace') {
      fields[key] = part; // the workspace is the file browser's folder
    }
  }
  return fields;
}
