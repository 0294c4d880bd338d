/** The last lines of the panel: clusters that cannot be shown, and when the batch system answered. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon } from '@jupyterlab/ui-components';
import type { JSX } from 'react';
import type { Batch } from '../api/schema';
import { clock, duration } from '../parts/format';
import { warnIcon } from '../parts/icons';
import { useNow } from '../parts/useNow';
import { useSignal } from '../parts/useSignal';
import type { IClusterModel } from '../tokens';

export interface IFootProps {
  model: IClusterModel;
  trans: TranslationBundle;
}

export function Foot({ model, trans }: IFootProps): JSX.Element {
  const { batch, troubles, trouble, heard } = useSignal(model.changed, () => ({
    batch: model.batch,
    troubles: model.troubles,
    trouble: model.trouble,
    heard: model.heard
  }));
  const now = useNow(() => model.now(), 1);
  if (trouble) {
    const since =
      heard === null
        ? ''
        : trans.__('Shown as it was at %1.', clock(heard, now));
    return <Warning text={`${trouble} ${since}`.trim()} />;
  }
  return (
    <>
      {troubles.map(text => (
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
          '%1 has not answered since %2. Shown as it was then.',
          title,
          clock(Date.parse(answered), now)
        );
  return message ? `${silent} ${message}` : silent;
}
