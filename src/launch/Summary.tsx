import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import type { Profile } from '../api/schema';
import { clock, duration } from '../common/format';
import { clockIcon } from '../common/icons';
import { useNow } from '../common/useNow';
import type { IClusterModel, PartialRequest } from '../tokens';
import type { Values } from './fields';
import { FreeLine } from './FreeLine';
import { sharesText } from './shares';
import { totals, totalsText } from './totals';
import { useEstimate } from './useEstimate';
import { useFree } from './useFree';

interface Props {
  model: IClusterModel;
  trans: TranslationBundle;
  profile: Profile;
  values: Values;
  /** What would be sent; null while that is wrong, or nobody looks. */
  request: PartialRequest | null;
}

/** What the form adds up to, and when it would start. */
export function Summary(props: Props): JSX.Element {
  const { model, trans, profile, values, request } = props;
  const atOnce = profile.starts_at_once;
  const start = useEstimate(model, atOnce ? null : request);
  const free = useFree(model, atOnce ? null : request);
  const now = useNow(() => model.now(), 30);

  const shares = sharesText(profile, values, trans);
  const groups = totalsText(totals(profile, values), trans);

  return (
    <div className="jp-DaskHpc-Summary">
      <div className="jp-DaskHpc-Summary-totals">
        {groups.map((group, index) => (
          <span key={index}>
            {group.map((figure, place) => (
              <span key={place}>{figure} </span>
            ))}
          </span>
        ))}
      </div>
      {shares.map(line => (
        <div key={line} className="jp-DaskHpc-Summary-shares">
          {line}
        </div>
      ))}
      <FreeLine free={free} trans={trans} />
      <div className="jp-DaskHpc-Summary-start">
        <clockIcon.react tag="span" className="jp-DaskHpc-Summary-icon" />
        {atOnce ? trans.__('Starts at once') : startText(start, now, trans)}
      </div>
    </div>
  );
}

function startText(
  start: number | null,
  now: number,
  trans: TranslationBundle
): string {
  if (start === null) {
    return trans.__('Expected start: –');
  }
  const minutes = Math.round((start - now) / 60_000);
  return minutes < 1
    ? trans.__('Expected start within a minute')
    : trans.__(
        'Expected start about %1, in %2',
        clock(start, now),
        // Kept together where the line is broken.
        duration(60 * minutes).replaceAll(' ', '\u00a0')
      );
}
