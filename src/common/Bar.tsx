/** The bar that shows how the workers of a cluster divide up. */
import type { JSX } from 'react';
import type { Cluster } from '../api/schema';
import { counts, PARTS } from './counts';

export interface ICountBarProps {
  workers: Cluster['workers'];
  /** Whether the counts are out of date: then it is grey. */
  stale?: boolean;
  /** The counts as a sentence, for who cannot see the bar. */
  label: string;
}

export function CountBar({
  workers,
  stale,
  label
}: ICountBarProps): JSX.Element {
  const parts = counts(workers);
  const shown = PARTS.reduce((sum, part) => sum + parts[part], 0);
  const rest = Math.max(0, workers.requested - shown);
  return (
    <div
      className="jp-DaskHpc-Bar"
      role="progressbar"
      aria-valuemin={0}
      aria-valuemax={workers.requested}
      aria-valuenow={Math.min(workers.running, workers.requested)}
      aria-valuetext={label}
      aria-label={label}
      data-stale={stale || undefined}
    >
      {PARTS.map(
        part =>
          parts[part] > 0 && (
            <span
              key={part}
              data-part={part}
              style={{ flexGrow: parts[part] }}
            />
          )
      )}
      {rest > 0 && <span data-part="rest" style={{ flexGrow: rest }} />}
    </div>
  );
}
