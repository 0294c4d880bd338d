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

/**
 * The profile with the fields of one layout, where it offers several.
 *
 * @param layout - one that the profile offers; else its default is used.
 */
export function inLayout(profile: Profile, layout?: string): Profile {
  const { properties } = profile.schema;
  const offer = formFields(profile).layout;
  if (!offer) {
    return profile;
  }
  const chosen =
    layout && offer.choices && layout in offer.choices ? layout : offer.default;
  const narrowed: Profile['schema']['properties'] = {};
  for (const [key, part] of Object.entries(properties)) {
    narrowed[key] =
      'properties' in part
        ? { ...part, properties: of(part.properties, chosen) }
        : part;
  }
  return { ...profile, schema: { ...profile.schema, properties: narrowed } };
}

function of(
  fields: Record<string, Field>,
  layout: string | number
): Record<string, Field> {
  const own = Object.entries(fields).filter(
    ([, field]) => (field.layout ?? layout) === layout
  );
  return Object.fromEntries(own);
}
