/** Which jobs the table shows, in what order and in which groups. No DOM in here. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Job, JobState } from '../../api/schema';
import { jobStateLabel } from '../../common/labels';
import { ran } from './ran';
import { reasonOf } from './reason';

export type Column = 'id' | 'state' | 'reason' | 'node' | 'elapsed' | 'memory';

/** What the user wants to see. */
export interface IQuery {
  /** Words that must all stand in a job's id, node, state or reason. */
  text: string;
  /** The only state to show, or null for all. */
  state: JobState | null;
  column: Column;
  descending: boolean;
  grouped: boolean;
}

/** Jobs that stand together. Without grouping there is one, with an empty key. */
export interface IGroup {
  key: string;
  role: Job['role'];
  state: JobState;
  reason: string;
  node: string;
  ids: string[];
}

export const ALL: IQuery = {
  text: '',
  state: null,
  column: 'state',
  descending: false,
  grouped: true
};

/** Worst first. */
export const STATES: readonly JobState[] = [
  'failed',
  'connecting',
  'pending',
  'ending',
  'running',
  'ended'
];

const RANK = Object.fromEntries(
  STATES.map((state, rank) => [state, rank])
) as Record<JobState, number>;

/** A predicate for the query's text and state. */
export function matcher(
  query: Pick<IQuery, 'text' | 'state'>,
  trans: TranslationBundle
): (job: Job) => boolean {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  return job => {
    if (query.state !== null && job.state !== query.state) {
      return false;
    }
    if (words.length === 0) {
      return true;
    }
    const facts = [
      job.id,
      job.node,
      jobStateLabel(job.state, trans),
      reasonOf(job),
      job.native_state
    ];
    const text = facts.join('\n').toLowerCase();
    return words.every(word => text.includes(word));
  };
}

/**
 * The jobs that match, sorted and grouped. Groups come worst state first, then
 * the largest; `jobs` come in order of role and index, which breaks all ties.
 * `now` in ms since the epoch.
 */
export function arrange(
  jobs: Iterable<Job>,
  query: IQuery,
  trans: TranslationBundle,
  now: number
): IGroup[] {
  const shown = [...jobs].filter(matcher(query, trans));
  shown.sort(comparison(query, now));
  const groups = new Map<string, IGroup>();
  for (const job of shown) {
    const group = groupOf(job);
    if (!query.grouped) {
      group.key = '';
    }
    const known = groups.get(group.key);
    if (known) {
      known.ids.push(job.id);
    } else {
      groups.set(group.key, { ...group, ids: [job.id] });
    }
  }
  return [...groups.values()].sort(
    (a, b) =>
      RANK[a.state] - RANK[b.state] ||
      a.role.localeCompare(b.role) ||
      b.ids.length - a.ids.length
  );
}

/** Failures are grouped by node too, since a bad node may be the cause; the others by reason alone. */
function groupOf(job: Job): Omit<IGroup, 'ids'> {
  const { role, state } = job;
  const reason = reasonOf(job);
  const node = state === 'failed' || role === 'scheduler' ? job.node : '';
  return {
    key: [role, state, reason, node].join('\n'),
    role,
    state,
    reason,
    node
  };
}

const names = new Intl.Collator(undefined, { numeric: true });

function comparison(query: IQuery, now: number): (a: Job, b: Job) => number {
  const by: Record<Column, (a: Job, b: Job) => number> = {
    id: () => 0,
    state: (a, b) => RANK[a.state] - RANK[b.state],
    reason: (a, b) => names.compare(reasonOf(a), reasonOf(b)),
    node: (a, b) => names.compare(a.node, b.node),
    elapsed: (a, b) => ran(a, now) - ran(b, now),
    memory: (a, b) => (a.memory_peak ?? -1) - (b.memory_peak ?? -1)
  };
  const compare = by[query.column];
  if (!query.descending) {
    return compare;
  }
  return query.column === 'id' ? idBackwards : (a, b) => compare(b, a);
}

function idBackwards(a: Job, b: Job): number {
  return (b.index ?? -1) - (a.index ?? -1);
}

/** How many of the workers are in each state. */
export function countStates(
  jobs: Iterable<Job | undefined>
): Record<JobState, number> {
  const counts = Object.fromEntries(STATES.map(state => [state, 0])) as Record<
    JobState,
    number
  >;
  for (const job of jobs) {
    if (job?.role === 'worker') {
      counts[job.state]++;
    }
  }
  return counts;
}
