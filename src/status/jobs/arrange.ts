/** Which workers the table shows, in what order and in which groups. No DOM in here. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Job, JobState } from '../../api/schema';
import { jobStateLabel } from '../../common/labels';
import type { IEntry } from './entries';
import { ran } from './ran';
import { reasonOf } from './reason';

export type Column =
  'worker' | 'id' | 'state' | 'reason' | 'node' | 'elapsed' | 'memory';

/** What the user wants to see. */
export interface IQuery {
  /** Words that must all stand in a worker's name, its job's id, node, state or reason. */
  text: string;
  /** The only state to show, or null for all. */
  state: JobState | null;
  column: Column;
  descending: boolean;
  grouped: boolean;
}

/** Workers that stand together. Without grouping there is one, with an empty key. */
export interface IGroup {
  key: string;
  role: Job['role'];
  state: JobState;
  reason: string;
  node: string;
  /** Keys of its entries. */
  keys: string[];
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
): (entry: IEntry) => boolean {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  return entry => {
    if (query.state !== null && entry.state !== query.state) {
      return false;
    }
    if (words.length === 0) {
      return true;
    }
    const facts = [
      entry.worker,
      entry.id,
      entry.node,
      jobStateLabel(entry.state, trans),
      reasonOf(entry),
      entry.native_state
    ];
    const text = facts.join('\n').toLowerCase();
    return words.every(word => text.includes(word));
  };
}

/**
 * The entries that match, sorted and grouped. Groups come worst state first, then
 * the largest; `entries` come in order of role and index, which breaks all ties.
 * `now` in ms since the epoch.
 */
export function arrange(
  entries: Iterable<IEntry>,
  query: IQuery,
  trans: TranslationBundle,
  now: number
): IGroup[] {
  const shown = [...entries].filter(matcher(query, trans));
  shown.sort(comparison(query, now));
  const groups = new Map<string, IGroup>();
  for (const entry of shown) {
    const group = groupOf(entry);
    if (!query.grouped) {
      group.key = '';
    }
    const known = groups.get(group.key);
    if (known) {
      known.keys.push(entry.key);
    } else {
      groups.set(group.key, { ...group, keys: [entry.key] });
    }
  }
  return [...groups.values()].sort(
    (a, b) =>
      RANK[a.state] - RANK[b.state] ||
      a.role.localeCompare(b.role) ||
      b.keys.length - a.keys.length
  );
}

/** Failures are grouped by node too, since a bad node may be the cause; the others by reason alone. */
function groupOf(entry: IEntry): Omit<IGroup, 'keys'> {
  const { role, state } = entry;
  const reason = reasonOf(entry);
  const node = state === 'failed' || role === 'scheduler' ? entry.node : '';
  return {
    key: [role, state, reason, node].join('\n'),
    role,
    state,
    reason,
    node
  };
}

const names = new Intl.Collator(undefined, { numeric: true });

type Comparison = (a: IEntry, b: IEntry) => number;

function comparison(query: IQuery, now: number): Comparison {
  const by: Record<Column, Comparison> = {
    worker: () => 0,
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
  return query.column === 'id' || query.column === 'worker'
    ? backwards
    : (a, b) => compare(b, a);
}

function backwards(a: IEntry, b: IEntry): number {
  return (b.index ?? -1) - (a.index ?? -1);
}

/** How many of the workers are in each state. */
export function countStates(
  entries: Iterable<IEntry | undefined>
): Record<JobState, number> {
  const counts = Object.fromEntries(STATES.map(state => [state, 0])) as Record<
    JobState,
    number
  >;
  for (const entry of entries) {
    if (entry?.role === 'worker') {
      counts[entry.state]++;
    }
  }
  return counts;
}
