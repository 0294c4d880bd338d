/** What stands in the fields of the form. Pure. */
import { defaultText, read } from '../common/fieldText';
import { formFields, type FieldPath } from '../common/formFields';
import { parseWhole } from '../common/units';
import { limit, type Values } from './fields';
import type { Form } from './form';
import { freeName } from './names';
import { optionValues, type OptionValues } from './optionValues';

/** What stands in the fields. */
export function valuesOf(form: Form, known: ReadonlySet<string>): Values {
  const fields = formFields(form.profile);
  const options = optionsOf(form).values;
  const values: Values = {};
  for (const [path, field] of Object.entries(fields)) {
    values[path] = options[path] ?? form.typed[path] ?? defaultText(field);
  }
  values.name = form.typed.name ?? offeredName(form, known);
  const gpus = parseWhole(values['workers.gpus'] ?? '') ?? 0;
  if (gpus > 0 && form.typed['workers.processes'] === undefined) {
    values['workers.processes'] = String(gpus); // each GPU gets a worker
  }
  // A default gives way to the field that limits it; what was typed does not.
  for (const [path, field] of Object.entries(fields)) {
    const most = field.maximum_field && limit(fields, path, values);
    if (
      most &&
      form.typed[path] === undefined &&
      read(field, values[path]) > most.value
    ) {
      values[path] = most.text;
    }
  }
  return values;
}

/** The name that a cluster gets when the user types none. */
export function offeredName(form: Form, known: ReadonlySet<string>): string {
  return freeName(form.base, known, formFields(form.profile).name.maxLength);
}

/** Whether a field holds something else than its default. */
export function isChanged(form: Form, path: FieldPath): boolean {
  const text = optionsOf(form).values[path] ?? form.typed[path];
  const standard = defaultText(formFields(form.profile)[path]);
  return text !== undefined && text.trim() !== standard;
}

/** What stands in the options, and what of the user's former choices is no longer offered. */
export function optionsOf({
  profile,
  chosen,
  remembered
}: Pick<Form, 'profile' | 'chosen' | 'remembered'>): OptionValues {
  const { name } = profile;
  return optionValues(profile, chosen[name] ?? {}, remembered[name] ?? {});
}

/** What is to be remembered of the options: what the user chose, now or before, if it is still on offer. */
export function choicesToKeep(form: Form): Partial<Values> {
  const { name } = form.profile;
  const wished = { ...form.remembered[name], ...form.chosen[name] };
  const { values, dropped } = optionsOf(form);
  const fields = formFields(form.profile);
  const stored = Object.entries(values).filter(
    ([path, text]) =>
      wished[path] !== undefined &&
      (dropped[path].length === 0 || text !== defaultText(fields[path]))
  );
  return Object.fromEntries(stored);
}
