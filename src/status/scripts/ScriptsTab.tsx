/** The job scripts as they were submitted. */
import type { ITranslator } from '@jupyterlab/translation';
import { useEffect, useState, type JSX } from 'react';
import type { Cluster } from '../../api/schema';
import { Button } from '../../common/Button';
import { errorText } from '../../common/error';
import { Scripts, type Script } from '../../common/Scripts';
import { DOMAIN, type IClusterModel } from '../../tokens';

export interface IScriptsTabProps {
  model: IClusterModel;
  cluster: Cluster;
  translator: ITranslator;
}

export function ScriptsTab(props: IScriptsTabProps): JSX.Element {
  const { model, cluster } = props;
  const trans = props.translator.load(DOMAIN);
  const [scripts, setScripts] = useState<readonly Script[] | null>(null);
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
          setError(errorText(reason));
        }
      }
    );
    return () => {
      current = false;
    };
  }, [model, cluster.id, turn]);
  return (
    <>
      {error && (
        <p className="jp-DaskHpc-LogNote" role="alert">
          {error}{' '}
          <Button look="link" onClick={() => setTurn(turn + 1)}>
            {trans.__('Try again')}
          </Button>
        </p>
      )}
      {scripts && <Scripts scripts={scripts} trans={trans} />}
    </>
  );
}
