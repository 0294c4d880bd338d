/** The form as a request, and a request as texts of its fields. Pure. */
import type { Field } from '../api/schema';
import { isSeveral, read, textOf, valuesIn } from '../common/fieldText';
import { formFields, type FieldPath } from '../common/formFields';
import { choicesOf } from '../common/options';
import type { PartialRequest } from '../tokens';
import { valueAt } from './fields';
import type { Form } from './form';
import { offeredName, valuesOf } from './formValues';

/** The request that stands in the form; only for values without an error. */
export function buildRequest(
  form: Form,
  known: ReadonlySet<string>,
  workspace: string
): PartialRequest {
  const values = valuesOf(form, known);
  const request: Record<string, unknown> = {
    profile: form.profile.name,
    workspace
  };
  for (const [path, field] of Object.entries(formFields(form.profile))) {
    const value = sent(field, values[path].trim());
    if (value === null) {
      continue;
    }
    const [group, leaf] = path.split('.');
    request[group] = leaf
      ? { ...(request[group] as object), [leaf]: value }
      : value;
  }
  request.name ||= offeredName(form, known);
  return request as PartialRequest;
}

/** The value of a field in a request; null where the server decides, since it is not known here what the user has. */
function sent(field: Field, text: string): string | number | string[] | null {
  if (field.type === 'integer') {
    return read(field, text);
  }
  const choices = choicesOf(field);
  if (isSeveral(field)) {
    return text || choices ? valuesIn(text) : null;
  }
  const mayBeEmpty = choices?.some(({ value }) => value === '');
  return field.dynamic && !text && !mayBeEmpty ? null : text;
}

/** The text of a value of a request; null for none. */
export function textAt(
  request: PartialRequest,
  path: FieldPath
): string | null {
  const value = valueAt(request, path);
  if (typeof value === 'string' || typeof value === 'number') {
    return String(value);
  }
  return Array.isArray(value) ? textOf(value as string[]) : null;
}
