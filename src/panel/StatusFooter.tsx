/** The last lines of the panel: clusters that cannot be shown, and when the batch system answered. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon } from '@jupyterlab/ui-components';
import type { JSX } from 'react';
import type { Batch } from '../api/schema';
import { clock, duration } from '../common/format';
import { warnIcon } from '../common/icons';
import { useNow } from '../common/useNow';
import { useSignal } from '../common/useSignal';
import type { IClusterModel } from '../tokens';

export interface IStatusFooterProps {
  model: IClusterModel;
  trans: TranslationBundle;
}

export function StatusFooter({
  model,
  trans
}: IStatusFooterProps): JSX.Element {
  const { batch, notices, connectionError, lastUpdate } = useSignal(
    model.changed,
    () => ({
      batch: model.batch,
      notices: model.notices,
      connectionError: model.connectionError,
      lastUpdate: model.lastUpdate
    })
  );
  const now = useNow(() => model.now(), 1);
  if (connectionError) {
    const since =
      lastUpdate === null
        ? ''
        : trans.__('Shown as of %1.', clock(lastUpdate, now));
    return <Warning text={`${connectionError} ${since}`.trim()} />;
  }
  return (
    <>
      {notices.map(text => (
        <Warning key={text} text={text} />
      ))}
      {batch.map(one =>
        one.stale ? (
          <Warning key={one.name} text={silence(one, now, trans)} />
        ) : (
          // Processes of this computer are looked at, not asked.
          one.answered !== null &&
          !one.nodes_are_here && (
            <div
              key={one.name}
              className="jp-DaskHpc-Line jp-mod-secondary"
              title={one.message}
            >
              <checkIcon.react tag="span" width="14px" height="14px" />
              <span>
                {trans.__(
                  '%1 answered %2 ago',
                  one.title,
                  duration((now - Date.parse(one.answered)) / 1000)
                )}
              </span>
            </div>
          )
        )
      )}
    </>
  );
}

function Warning({ text }: { text: string }): JSX.Element {
  return (
    <div className="jp-DaskHpc-Line" role="status">
      <warnIcon.react tag="span" width="14px" height="14px" />
      <span>{text}</span>
    </div>
  );
}

function silence(batch: Batch, now: number, trans: TranslationBundle): string {
  const { title, answered, message } = batch;
  const silent =
    answered === null
      ? trans.__('%1 does not answer.', title)
      : trans.__(
          '%1 has not answered since %2. Shown as of then.',
          title,
          clock(Date.parse(answered), now)
        );
  return message ? `${silent} ${message}` : silent;
}
