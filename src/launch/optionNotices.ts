/** What the user has to know of an option besides its help: what is no longer offered, and why choices are old. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { clock } from '../common/format';
import { formFields, type FieldPath } from '../common/formFields';
import { choicesOf, optionName } from '../common/options';
import type { Form } from './form';
import { optionsOf } from './formValues';

/**
 * @param failure - why the server did not say what the user has; empty if it did.
 */
export function optionNotices(
  form: Form,
  path: FieldPath,
  failure: string,
  trans: TranslationBundle
): string[] {
  const field = formFields(form.profile)[path];
  const answer = form.answers[form.profile.name]?.[optionName(path)];
  const problem = failure || answer?.problem;
  const notices = (optionsOf(form).dropped[path] ?? []).map(value =>
    trans.__('%1 was chosen before, and is no longer offered.', value)
  );
  if (!field.dynamic || !problem) {
    return notices;
  }
  const of = answer?.as_of ? clock(1000 * answer.as_of, Date.now()) : '';
  return [
    ...notices,
    choicesOf(field) && of
      ? trans.__('The choices are those of %1. %2', of, problem)
      : problem
  ];
}
