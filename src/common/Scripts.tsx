/** Job scripts, a tab for each, to read and to copy. */
import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';
import { useState, type JSX } from 'react';
import type { Scripts as Answer } from '../api/schema';
import { Button } from './Button';
import { Tabs } from './Tabs';

export type Script = Answer['scripts'][number];

export interface IScriptsProps {
  /** One at least. */
  scripts: readonly Script[];
  trans: TranslationBundle;
}

export function Scripts({ scripts, trans }: IScriptsProps): JSX.Element {
  const [chosen, setChosen] = useState(scripts[0].role);
  const [copied, setCopied] = useState<string | null>(null);
  const find = (role: string): Script | undefined =>
    scripts.find(script => script.role === role);
  const copy = (): void => {
    Clipboard.copyToSystem(find(chosen)?.text ?? '');
    setCopied(chosen);
  };
  return (
    <div className="jp-DaskHpc-Scripts">
      <Tabs
        label={trans.__('Job scripts')}
        tabs={scripts.map(({ role, title }) => ({ name: role, title }))}
        chosen={chosen}
        onChoose={setChosen}
        end={
          <>
            <span role="status">{copied === chosen && trans.__('Copied')}</span>
            <Button icon={copyIcon} onClick={copy}>
              {trans.__('Copy')}
            </Button>
          </>
        }
        panel={role => <pre tabIndex={0}>{find(role)?.text}</pre>}
      />
    </div>
  );
}
