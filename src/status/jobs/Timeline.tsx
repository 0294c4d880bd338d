/** Counts over time, as a picture or as a table. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { memo, useId, useRef, useState } from 'react';
import { Button } from '../../common/Button';
import type { Sample } from '../../api/schema';
import { clock, count } from '../../common/format';
import { layersOf, perMinute, thin } from './series';
import { TimelinePlot } from './TimelinePlot';
import { useSize } from '../../common/useSize';

/** Rows of the table; more would not help to read it. */
const MAX_ROWS = 60;

export interface ITimelineProps {
  samples: readonly Sample[];
  /** Seconds since the epoch up to which the last counts hold. */
  until: number;
  trans: TranslationBundle;
}

export const Timeline = memo(TimelineBase, (before, after) => {
  const last = (samples: readonly Sample[]) =>
    samples[samples.length - 1]?.join();
  return (
    before.trans === after.trans &&
    before.until === after.until &&
    before.samples.length === after.samples.length &&
    last(before.samples) === last(after.samples)
  );
});

function TimelineBase({ samples, until, trans }: ITimelineProps) {
  const [asTable, setAsTable] = useState(false);
  const heading = useId();
  const frame = useRef<HTMLDivElement>(null);
  const { width } = useSize(frame);
  return (
    <section className="jp-DaskHpc-Timeline" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{trans.__('Counts over time')}</h2>
        {samples.length > 0 && (
          <Button look="link" onClick={() => setAsTable(!asTable)}>
            {asTable ? trans.__('Show as plot') : trans.__('Show as table')}
          </Button>
        )}
      </header>
      <div ref={frame} className="jp-DaskHpc-TimelineFrame">
        {samples.length === 0 ? (
          <p>{trans.__('No counts yet.')}</p>
        ) : asTable ? (
          <CountsTable samples={samples} trans={trans} />
        ) : (
          <TimelinePlot
            samples={samples}
            until={until}
            width={width}
            trans={trans}
          />
        )}
      </div>
    </section>
  );
}

function CountsTable({
  samples,
  trans
}: Pick<ITimelineProps, 'samples' | 'trans'>) {
  return (
    <div className="jp-DaskHpc-TimelineTable" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{trans.__('Time')}</th>
            <th scope="col">{trans.__('Running')}</th>
            <th scope="col">{trans.__('Connecting')}</th>
            <th scope="col">{trans.__('Pending')}</th>
            <th scope="col">{trans.__('Failed')}</th>
          </tr>
        </thead>
        <tbody>
          {thin(perMinute(samples), MAX_ROWS)
            .reverse()
            .map(sample => (
              <tr key={sample[0]}>
                <th scope="row">{clock(sample[0] * 1000)}</th>
                {layersOf(sample).map((value, layer) => (
                  <td key={layer}>{count(value)}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
