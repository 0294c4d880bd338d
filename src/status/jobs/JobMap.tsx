/** Every worker as one small square, in the order of the array: a square never changes place. */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  useId,
  useMemo,
  useState,
  type KeyboardEvent,
  type PointerEvent as ReactPointerEvent
} from 'react';
import type { Job, JobState } from '../../api/schema';
import { count } from '../../common/format';
import { jobStateLabel } from '../../common/labels';
import { countStates, STATES } from './arrange';
import { Chips } from './Chips';
import { JobDetail } from './JobDetail';
import { reasonOf } from './reason';
import { drawSquares, extent, indexAt, MARGIN, place, step } from './squares';

/** Squares between two numbers at the left. */
const LABEL_EVERY = 500;

export interface IJobMapProps {
  /** By index; a place may be empty. */
  workers: readonly (Job | undefined)[];
  perRow: number;
  /** The state that is not dimmed, or null for all. */
  chosen: JobState | null;
  /** Bytes of memory a worker was asked for. */
  asked: number | null;
  /** Milliseconds since the epoch. */
  now: number;
  trans: TranslationBundle;
  onChoose: (state: JobState | null) => void;
  onOpenLog: (job: Job) => void;
}

export function JobMap(props: IJobMapProps) {
  const { workers, perRow, chosen, asked, now, trans, onChoose, onOpenLog } =
    props;
  const heading = useId();
  const option = useId();
  const [picked, setPicked] = useState<number | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);

  const paths = useMemo(() => drawSquares(workers, perRow), [workers, perRow]);
  const counts = useMemo(() => countStates(workers), [workers]);
  const shown = pointed ?? picked;
  const job = shown === null ? undefined : workers[shown];
  const { width, height } = extent(workers.length, perRow);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    if (event.key === 'Enter' && job) {
      onOpenLog(job);
      return;
    }
    const to = step(event.key, shown ?? -1, perRow, workers);
    if (to !== null) {
      event.preventDefault();
      setPicked(Math.max(0, to));
      setPointed(null);
    }
  };
  const under = (event: ReactPointerEvent<SVGSVGElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return indexAt(
      event.clientX - left,
      event.clientY - top,
      perRow,
      workers.length
    );
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
          {trans.__('%1 per row', perRow)}
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
          {rowLabels(workers.length, perRow).map(({ index, y }) => (
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
          aria-activedescendant={job && `${option}-${job.id}`}
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
          {job && shown !== null && (
            <Frame
              {...place(shown, perRow)}
              id={`${option}-${job.id}`}
              name={spoken(job, trans)}
            />
          )}
        </svg>
        <JobDetail
          job={job}
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

function rowLabels(
  workers: number,
  perRow: number
): { index: number; y: number }[] {
  return Array.from({ length: Math.ceil(workers / LABEL_EVERY) }, (_, i) => ({
    index: i * LABEL_EVERY,
    y: place(i * LABEL_EVERY, perRow).y - MARGIN + 7
  }));
}

/** A square as it is read: "4815162_1341, failed, out of memory, n214". */
function spoken(job: Job, trans: TranslationBundle): string {
  const facts = [jobStateLabel(job.state, trans), reasonOf(job)];
  return [job.id, ...facts.map(fact => fact.toLowerCase()), job.node]
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
    'Workers as squares: %1. The table of jobs has the same data.',
    parts.join(', ')
  );
}
