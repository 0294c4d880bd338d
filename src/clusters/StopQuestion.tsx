/** Asks, in the card itself, before a cluster is stopped. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useId, useRef, type JSX } from 'react';
import type { Cluster } from '../api/schema';

export interface IStopQuestionProps {
  cluster: Cluster;
  trans: TranslationBundle;
  onKeep: () => void;
  onStop: () => void;
}

export function StopQuestion({
  cluster,
  trans,
  onKeep,
  onStop
}: IStopQuestionProps): JSX.Element {
  const keep = useRef<HTMLButtonElement>(null);
  const question = useId();
  useEffect(() => keep.current?.focus(), []);
  return (
    <div
      role="group"
      aria-labelledby={question}
      className="jp-DaskHpc-StopQuestion"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onKeep();
        }
      }}
    >
      <div id={question}>
        {trans.__(
          'Stop %1? Results in its workers\u2019 memory are lost, logs stay.',
          cluster.name
        )}{' '}
        {cluster.stale &&
          trans.__('Will be sent when the batch system answers.')}
      </div>
      <div className="jp-DaskHpc-StopQuestion-answers">
        <button
          ref={keep}
          type="button"
          className="jp-DaskHpc-Button"
          onClick={onKeep}
        >
          {trans.__('Keep')}
        </button>
        <button
          type="button"
          className="jp-DaskHpc-Button jp-mod-warn"
          onClick={onStop}
        >
          {trans.__('Stop')}
        </button>
      </div>
    </div>
  );
}
