import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import { ChoiceField } from '../common/ChoiceField';
import { isSeveral, textOf, valuesIn } from '../common/fieldText';
import { FormField } from '../common/FormField';
import { formFields, type FieldPath } from '../common/formFields';
import { choicesOf, limitedBy, type OfferedValue } from '../common/options';
import { SeveralField } from '../common/SeveralField';
import { useSlow } from '../common/useSlow';
import { limitText } from './check';
import { optionNotices } from './optionNotices';
import { RefreshButton } from './RefreshButton';
import type { LiveForm } from './useForm';

interface Props {
  path: FieldPath;
  live: LiveForm;
  trans: TranslationBundle;
}

/** One field of the form, drawn as its values are: typed, one or several of a list. */
export function AnyField({ path, live, trans }: Props): JSX.Element {
  const { form, values, shown } = live;
  const field = formFields(form.profile)[path];
  const { description: help, title } = field.messages;
  const asking = field.dynamic === true && live.choices.asking;
  const slow = useSlow(asking);
  const common = {
    trans,
    name: path,
    label: title,
    help,
    error: shown[path],
    notices: optionNotices(form, path, live.choices.failure, trans)
  };
  const busy = asking && slow;
  const refresh = field.dynamic && (
    <RefreshButton label={title} choices={live.choices} trans={trans} />
  );
  const choices = choicesOf(field);
  const empty = busy
    ? trans.__('Loading')
    : asking
      ? ''
      : trans.__('Nothing to choose');

  if (isSeveral(field)) {
    return (
      <SeveralField
        {...common}
        values={valuesIn(values[path])}
        choices={choices ?? unknown(valuesIn(values[path]))}
        empty={empty}
        busy={busy}
        onChoose={chosen => live.pick(path, textOf(chosen))}
      >
        {refresh}
      </SeveralField>
    );
  }
  if (choices || field.dynamic) {
    const offered = choices ?? unknown(valuesIn(values[path]));
    return (
      <ChoiceField
        {...common}
        value={values[path]}
        choices={offered.length > 0 ? offered : [{ value: '', title: empty }]}
        busy={busy}
        onChoose={text => live.pick(path, text)}
      >
        {refresh}
      </ChoiceField>
    );
  }
  const limit = limitText(
    field,
    trans,
    limitedBy(form.profile, values, path, 'maximum')
  );
  return (
    <FormField
      {...common}
      value={values[path]}
      placeholder={path === 'name' ? live.name : undefined}
      whole={field.type === 'integer'}
      // A field without a limit has its description there, except the name.
      limit={limit || (path === 'name' ? '' : help)}
      onType={text => live.type(path, text)}
      onLeave={live.leave}
    />
  );
}

/** What was chosen before, while it is not known what may be chosen. */
function unknown(values: readonly string[]): OfferedValue[] {
  return values.map(value => ({ value, title: value }));
}
