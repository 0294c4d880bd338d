import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import type { JSX } from 'react';
import { Button } from '../common/Button';
import { keepFocus } from '../common/FormField';
import type { ChoicesState } from './useChoices';

interface Props {
  /** Of the field. */
  label: string;
  choices: ChoicesState;
  trans: TranslationBundle;
}

/** Asks again what the user has of the options of a profile. */
export function RefreshButton({ label, choices, trans }: Props): JSX.Element {
  const title = trans.__('Load the choices of "%1" again', label);
  return (
    <Button
      look="icon"
      icon={refreshIcon}
      title={title}
      aria-label={title}
      aria-disabled={choices.asking}
      onMouseDown={keepFocus}
      onClick={choices.asking ? undefined : choices.refresh}
    />
  );
}
