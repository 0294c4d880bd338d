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
 * The profile with each field as `map` makes it, and without those for which that is null.
 */
export function mapFields(
  profile: Profile,
  map: (field: Field, path: FieldPath) => Field | null
): Profile {
  const properties: Profile['schema']['properties'] = {};
  for (const [key, part] of Object.entries(profile.schema.properties)) {
    if ('properties' in part) {
      const fields = Object.entries(part.properties).flatMap(
        ([leaf, field]) => {
          const mapped = map(field, `${key}.${leaf}`);
          return mapped ? [[leaf, mapped] as const] : [];
        }
      );
      properties[key] = { ...part, properties: Object.fromEntries(fields) };
    } else {
      properties[key] = part;
    }
  }
  return { ...profile, schema: { ...profile.schema, properties } };
}

/**
 * The profile with the fields of one layout, where it offers several.
 *
 * @param layout - one that the profile offers; else its default is used.
 */
export function inLayout(profile: Profile, layout?: string): Profile {
  const offer = formFields(profile).layout;
  if (!offer) {
    return profile;
  }
  const chosen =
    layout && offer.choices && layout in offer.choices
      ? layout
      : String(offer.default);
  return mapFields(profile, field =>
    (field.layout ?? chosen) === chosen ? inOne(field, chosen) : null
  );
}

/** A field with its texts in one layout. */
function inOne(field: Field, layout: string): Field {
  const messages = field.in_layout?.[layout];
  return messages ? { ...field, messages } : field;
}
