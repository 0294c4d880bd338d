/** Stacked areas of the counts, each named at its right end. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useId } from 'react';
import type { Sample } from '../../api/schema';
import { clock, count } from '../../common/format';
import {
  countTicks,
  failuresBegan,
  held,
  LAYERS,
  layersOf,
  peak,
  spread,
  stack,
  timeTicks,
  type Layer
} from './series';

const HEIGHT = 152;
const TOP = 6;
const BOTTOM = 22;
const LEFT = 38;
const RIGHT = 104;
/** From one name to the next. */
const LINE = 14;

export interface ITimelinePlotProps {
  samples: readonly Sample[];
  /** Seconds since the epoch up to which the last counts hold. */
  until: number;
  width: number;
  trans: TranslationBundle;
}

export function TimelinePlot(props: ITimelinePlotProps) {
  const { width, trans } = props;
  const samples = held(props.samples, props.until);
  const hatch = useId();
  const from = samples[0][0];
  const last = samples[samples.length - 1];
  const span = Math.max(1, last[0] - from);
  const most = peak(samples);
  const end = Math.max(LEFT + 1, width - RIGHT);
  const floor = HEIGHT - BOTTOM;
  const x = (time: number) => LEFT + ((time - from) / span) * (end - LEFT);
  const y = (value: number) => floor - (value / most) * (floor - TOP);

  const words: Record<Layer, (text: string) => string> = {
    running: text => trans.__('%1 running', text),
    connecting: text => trans.__('%1 connecting', text),
    pending: text => trans.__('%1 pending', text),
    failed: text => trans.__('%1 failed', text)
  };
  const edges = stack(samples);
  const named = LAYERS.map((layer, i) => {
    const [low, high] = edges[i][edges[i].length - 1];
    return { layer, value: high - low, at: y((low + high) / 2) };
  })
    .filter(({ value }) => value > 0)
    .reverse();
  const places = spread(
    named.map(({ at }) => at),
    LINE,
    floor
  );
  const began = failuresBegan(samples);
  const firstFailed =
    began === null
      ? samples.length
      : samples.findIndex(([time]) => time === began);

  return (
    <svg
      className="jp-DaskHpc-TimelinePlot"
      role="img"
      aria-label={sentence(samples, began, words, trans)}
      width={width}
      height={HEIGHT}
    >
      <defs>
        <pattern
          id={hatch}
          width="4"
          height="4"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect className="jp-DaskHpc-Hatch" width="2" height="4" />
        </pattern>
      </defs>
      {countTicks(most).map(tick => (
        <g key={tick} className="jp-DaskHpc-Axis">
          <line x1={LEFT} x2={end} y1={y(tick)} y2={y(tick)} />
          <text
            x={LEFT - 6}
            y={y(tick)}
            textAnchor="end"
            dominantBaseline="central"
          >
            {count(tick)}
          </text>
        </g>
      ))}
      {LAYERS.map((layer, i) => (
        <path
          key={layer}
          className={`jp-DaskHpc-Area-${layer}`}
          fill={layer === 'connecting' ? `url(#${hatch})` : undefined}
          d={area(
            samples,
            edges[i],
            x,
            y,
            layer === 'failed' ? firstFailed : 0
          )}
        />
      ))}
      {began !== null && (
        <line
          className="jp-DaskHpc-Began"
          x1={x(began)}
          x2={x(began)}
          y1={TOP}
          y2={floor}
        />
      )}
      {timeTicks(
        from,
        last[0],
        -60 * new Date(from * 1000).getTimezoneOffset()
      ).map(tick => (
        <g key={tick} className="jp-DaskHpc-Axis">
          <line x1={x(tick)} x2={x(tick)} y1={floor} y2={floor + 3} />
          <text x={x(tick)} y={HEIGHT - 4} textAnchor="middle">
            {clock(tick * 1000)}
          </text>
        </g>
      ))}
      {named.map(({ layer, value }, i) => (
        <text key={layer} x={end + 8} y={places[i]} dominantBaseline="central">
          {words[layer](count(value))}
        </text>
      ))}
    </svg>
  );
}

/** Upper edge from left to right, lower edge back; empty when nothing is left after `start`. */
function area(
  samples: readonly Sample[],
  edges: readonly [number, number][],
  x: (time: number) => number,
  y: (value: number) => number,
  start: number
): string {
  const points = (side: 0 | 1) =>
    edges
      .map(
        (edge, i) =>
          `${x(samples[i][0]).toFixed(1)} ${y(edge[side]).toFixed(1)}`
      )
      .slice(start);
  const around = [...points(1), ...points(0).reverse()];
  return around.length ? `M${around.join('L')}Z` : '';
}

function sentence(
  samples: readonly Sample[],
  began: number | null,
  words: Record<Layer, (text: string) => string>,
  trans: TranslationBundle
): string {
  const last = samples[samples.length - 1];
  const now = layersOf(last).map((value, i) => words[LAYERS[i]](count(value)));
  const since = trans.__(
    'Counts from %1 to %2, now %3.',
    clock(samples[0][0] * 1000),
    clock(last[0] * 1000),
    now.join(', ')
  );
  return began === null
    ? since
    : `${since} ${trans.__('Jobs began to fail at %1.', clock(began * 1000))}`;
}
