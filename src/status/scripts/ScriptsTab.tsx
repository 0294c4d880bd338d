/** The two job scripts as they were submitted, to read and to copy. */
import { Clipboard } from '@jupyterlab/apputils';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';
import { useEffect, useState, type JSX } from 'react';

import type { Cluster, Scripts } from '../../api/schema';
import { DOMAIN, type IClusterModel } from '../../tokens';

export interface IScriptsTabProps {
  model: IClusterModel;
  cluster: Cluster;
  translator: ITranslator;
}

export function ScriptsTab(props: IScriptsTabProps): JSX.Element {
  const { model, cluster } = props;
  const trans = props.translator.load(DOMAIN);
  const [scripts, setScripts] = useState<Scripts['scripts'] | null>(null);
  const [error, setError] = useState('');
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let current = true;
    model.scripts(cluster.id).then(
      answer => {
        if (current) {
          setScripts(answer.scripts);
          setError('');
        }
      },
      (reason: unknown) => {
        if (current) {
          setError(reason instanceof Error ? reason.message : String(reason));
        }
      }
    );
    return () => {
      current = false;
    };
  }, [model, cluster.id, turn]);
  return (
    <div className="jp-DaskHpc-Scripts">
      {error && (
        <p className="jp-DaskHpc-LogNote" role="alert">
          {error}{' '}
          <button type="button" onClick={() => setTurn(turn + 1)}>
            {trans.__('Try again')}
          </button>
        </p>
      )}
      {scripts?.map(script => (
        <Script key={script.role} {...script} trans={trans} />
      ))}
    </div>
  );
}

function Script(props: {
  title: string;
  text: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { title, text, trans } = props;
  const [copied, setCopied] = useState(false);
  return (
    <section aria-label={title}>
      <div className="jp-DaskHpc-ScriptBar">
        <h3>{title}</h3>
        <span role="status">{copied ? trans.__('Copied') : ''}</span>
        <button
          type="button"
          aria-label={trans.__('Copy the script: %1', title)}
          onClick={() => {
            Clipboard.copyToSystem(text);
            setCopied(true);
          }}
        >
          <copyIcon.react tag="span" />
          {trans.__('Copy')}
        </button>
      </div>
      <pre tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </section>
  );
}
