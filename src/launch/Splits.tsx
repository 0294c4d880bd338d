import type { TranslationBundle } from '@jupyterlab/translation';
import { useId, type JSX } from 'react';
import type { Profile } from '../api/schema';
import { Button } from '../common/Button';
import { keepFocus } from '../common/FormField';
import type { FieldPath } from '../common/formFields';
import { parseWhole } from '../common/units';
import type { Values } from './fields';
import { isOneJob, splits } from './shares';

interface Props {
  profile: Profile;
  values: Values;
  trans: TranslationBundle;
  onType: (path: FieldPath, text: string) => void;
}

/** The usual ways to split a job into workers, each by one press. */
export function Splits(props: Props): JSX.Element | null {
  const { profile, values, trans, onType } = props;
  const label = useId();
  const usual = splits(profile, values, trans);
  const processes = parseWhole(values['workers.processes']);
  const whole = parseWhole(values['workers.threads']) === 0;
  return usual.length > 1 ? (
    <div className="jp-DaskHpc-Splits" role="group" aria-labelledby={label}>
      <span id={label}>
        {isOneJob(profile)
          ? trans.__('Split the CPUs of a node:')
          : trans.__('Split the CPUs of a job:')}
      </span>
      {usual.map(split => (
        <Button
          key={split.name}
          aria-pressed={whole && split.processes === processes}
          onMouseDown={keepFocus}
          onClick={() => {
            onType('workers.processes', String(split.processes));
            onType('workers.threads', '0');
          }}
        >
          {split.label}
        </Button>
      ))}
    </div>
  ) : null;
}
