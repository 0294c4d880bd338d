/** Every worker as one small square, in the order of the array: a square never changes place. */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  useId,
  useMemo,
  useState,
  type KeyboardEvent,
  type PointerEvent as ReactPointerEvent
} from 'react';
import type { JobState } from '../../api/schema';
import { count } from '../../common/format';
import { jobStateLabel } from '../../common/labels';
import { countStates, STATES } from './arrange';
import { Chips } from './Chips';
import { titleOf, type IEntry } from './entries';
import { JobDetail } from './JobDetail';
import { reasonOf } from './reason';
import {
  drawSquares,
  indexAt,
  layoutOf,
  MARGIN,
  step,
  type ILayout
} from './squares';

/** Squares between two numbers at the left. */
const LABEL_EVERY = 500;

export interface IJobMapProps {
  /** By index; a place may be empty. */
  workers: readonly (IEntry | undefined)[];
  /** Squares that fit into a row. */
  perRow: number;
  /** The state that is not dimmed, or null for all. */
  chosen: JobState | null;
  /** Bytes of memory that were asked for a worker. */
  asked: number | null;
  /** Milliseconds since the epoch. */
  now: number;
  trans: TranslationBundle;
  onChoose: (state: JobState | null) => void;
  onOpenLog: (entry: IEntry) => void;
}

export function JobMap(props: IJobMapProps) {
  const { workers, perRow, chosen, asked, now, trans, onChoose, onOpenLog } =
    props;
  const heading = useId();
  const option = useId();
  const [picked, setPicked] = useState<number | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);

  const layout = useMemo(() => layoutOf(workers, perRow), [workers, perRow]);
  const paths = useMemo(() => drawSquares(workers, layout), [workers, layout]);
  const jobs = useMemo(() => jobsOf(workers), [workers]);
  const nodes = useMemo(() => nodesOf(workers), [workers]);
  const counts = useMemo(() => countStates(workers), [workers]);
  const shown = pointed ?? picked;
  const entry = shown === null ? undefined : workers[shown];
  const { places, width, height } = layout;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    if (event.key === 'Enter' && entry) {
      onOpenLog(entry);
      return;
    }
    const to = step(event.key, shown ?? -1, layout, workers);
    if (to !== null) {
      event.preventDefault();
      setPicked(Math.max(0, to));
      setPointed(null);
    }
  };
  const under = (event: ReactPointerEvent<SVGSVGElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return indexAt(event.clientX - left, event.clientY - top, layout);
  };

  return (
    <section className="jp-DaskHpc-Map" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          {trans._n(
            '%2 worker',
            'All %2 workers',
            workers.length,
            count(workers.length)
          )}
        </h2>
        <span className="jp-DaskHpc-Secondary">
          {jobs === null
            ? trans.__('%1 per row', perRow)
            : trans._n('in %2 job', 'in %2 jobs', jobs, count(jobs))}
          {nodes > 1 &&
            ' ' + trans._n('on %2 node', 'on %2 nodes', nodes, count(nodes))}
        </span>
        <Chips
          counts={counts}
          chosen={chosen}
          trans={trans}
          onChoose={onChoose}
        />
      </header>
      <div className="jp-DaskHpc-MapBody">
        <svg
          className="jp-DaskHpc-MapRows"
          width={38}
          height={height}
          aria-hidden={true}
        >
          {rowLabels(layout).map(({ index, y }) => (
            <text
              key={index}
              x={34}
              y={y}
              textAnchor="end"
              dominantBaseline="central"
            >
              {count(index)}
            </text>
          ))}
        </svg>
        <svg
          className="jp-DaskHpc-Squares"
          width={width}
          height={height}
          tabIndex={0}
          role="listbox"
          aria-label={sentence(counts, trans)}
          aria-activedescendant={entry && `${option}-${entry.key}`}
          onKeyDown={onKeyDown}
          onFocus={() => setPicked(picked ?? 0)}
          onPointerMove={event => setPointed(under(event))}
          onPointerLeave={() => setPointed(null)}
          onPointerDown={event => setPicked(under(event) ?? picked)}
        >
          {STATES.map(state => (
            <path
              key={state}
              className={`jp-DaskHpc-Squares-${state}`}
              data-dim={chosen !== null && chosen !== state}
              d={paths[state] ?? ''}
            />
          ))}
          {entry && shown !== null && (
            <Frame
              {...places[shown]}
              id={`${option}-${entry.key}`}
              name={spoken(entry, trans)}
            />
          )}
        </svg>
        <JobDetail
          entry={entry}
          asked={asked}
          now={now}
          trans={trans}
          onOpenLog={onOpenLog}
        />
      </div>
    </section>
  );
}

/** The frame of the square whose details are shown. */
function Frame({
  x,
  y,
  id,
  name
}: {
  x: number;
  y: number;
  id: string;
  name: string;
}) {
  const around = { x: x - 1.5, y: y - 1.5, width: 10, height: 10 };
  return (
    <g
      id={id}
      role="option"
      aria-selected={true}
      aria-label={name}
      className="jp-DaskHpc-Frame"
    >
      <rect {...around} className="jp-DaskHpc-FrameGround" />
      <rect {...around} x={x - 2.5} y={y - 2.5} width={12} height={12} />
    </g>
  );
}

/** The number of their jobs; null where each has a job of its own. */
function jobsOf(workers: IJobMapProps['workers']): number | null {
  const jobs = workers.flatMap(entry => entry?.job ?? []);
  return jobs.some(job => job.workers) ? new Set(jobs).size : null;
}

/** The number of nodes of the job that has the scheduler as well; 0 where that has a job of its own. */
function nodesOf(workers: IJobMapProps['workers']): number {
  const together = workers.some(entry => entry?.job.role === 'scheduler');
  // The workers of a node have one log.
  const logs = new Set(workers.flatMap(entry => entry?.log ?? []));
  return together ? logs.size : 0;
}

function rowLabels({ places }: ILayout): { index: number; y: number }[] {
  const labels = Math.ceil(places.length / LABEL_EVERY);
  return Array.from({ length: labels }, (_, i) => ({
    index: i * LABEL_EVERY,
    y: places[i * LABEL_EVERY].y - MARGIN + 7
  }));
}

/** A square as it is read: "4815162_1341, failed, out of memory, n214". */
function spoken(entry: IEntry, trans: TranslationBundle): string {
  const facts = [jobStateLabel(entry.state, trans), reasonOf(entry)];
  return [titleOf(entry), ...facts.map(fact => fact.toLowerCase()), entry.node]
    .filter(Boolean)
    .join(', ');
}

function sentence(
  counts: Record<JobState, number>,
  trans: TranslationBundle
): string {
  const parts = STATES.filter(state => counts[state] > 0).map(
    state =>
      `${count(counts[state])} ${jobStateLabel(state, trans).toLowerCase()}`
  );
  return trans.__(
    'Workers as squares: %1. The table has the same data.',
    parts.join(', ')
  );
}
