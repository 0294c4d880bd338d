/** Asks, in the card itself, before a cluster is stopped. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useId, type JSX } from 'react';
import { Button } from '../common/Button';
import type { Cluster } from '../api/schema';

export interface IStopQuestionProps {
  cluster: Cluster;
  trans: TranslationBundle;
  onCancel: () => void;
  onStop: () => void;
}

export function StopQuestion({
  cluster,
  trans,
  onCancel,
  onStop
}: IStopQuestionProps): JSX.Element {
  const question = useId();
  return (
    <div
      role="group"
      aria-labelledby={question}
      className="jp-DaskHpc-StopQuestion"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onCancel();
        }
      }}
    >
      <div id={question}>
        {trans.__(
          'Stop %1? Results in the memory of its workers are lost. The logs stay.',
          cluster.name
        )}{' '}
        {cluster.stale && trans.__('It is sent when the batch system answers.')}
      </div>
      <div className="jp-DaskHpc-StopQuestion-answers">
        <Button autoFocus onClick={onCancel}>
          {trans.__('Cancel')}
        </Button>
        <Button className="jp-mod-warn" onClick={onStop}>
          {trans.__('Stop')}
        </Button>
      </div>
    </div>
  );
}
