/** The list of log files: by state, worst first, five of a kind until more are asked for. */
import type { JobState, Log } from '../../api/schema';

export type Group = 'script' | 'scheduler' | JobState;

export type Row =
  | { type: 'group'; group: Group; count: number; open: boolean }
  | { type: 'file'; group: Group; log: Log }
  | { type: 'more'; group: Group; count: number };

export interface IChoice {
  /** Words that all have to stand in id, node, state or file name. */
  filter: string;
  closed: ReadonlySet<Group>;
  /** Groups shown whole. */
  whole: ReadonlySet<Group>;
  /** A file that is shown wherever it stands. */
  file: string | null;
}

const ORDER: readonly Group[] = [
  'script',
  'scheduler',
  'failed',
  'connecting',
  'running',
  'ending',
  'ended',
  'pending'
];

/** Files of a state that are shown at first. */
const SHOWN = 5;

/** Rows of the list, in order. `word` is the name of a state for the user. */
export function fileRows(
  logs: readonly Log[],
  choice: IChoice,
  word: (state: JobState) => string
): Row[] {
  const groups = new Map<Group, Log[]>(ORDER.map(group => [group, []]));
  for (const log of matching(logs, choice.filter, word)) {
    groups.get(log.role === 'worker' ? log.state : log.role)?.push(log);
  }
  const rows: Row[] = [];
  for (const [group, members] of groups) {
    if (members.length === 0) {
      continue;
    }
    const open = !choice.closed.has(group);
    rows.push({ type: 'group', group, count: members.length, open });
    if (!open) {
      continue;
    }
    const whole = choice.whole.has(group) || members.length <= SHOWN + 1;
    const shown = whole
      ? members
      : members.filter((log, at) => at < SHOWN || log.file === choice.file);
    rows.push(...shown.map(log => ({ type: 'file' as const, group, log })));
    const count = members.length - shown.length;
    if (count) {
      rows.push({ type: 'more', group, count });
    }
  }
  return rows;
}

function matching(
  logs: readonly Log[],
  filter: string,
  word: (state: JobState) => string
): readonly Log[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length
    ? logs.filter(log => {
        const text =
          `${log.job} ${log.node} ${log.role} ${word(log.state)} ${log.file}`.toLowerCase();
        return words.every(each => text.includes(each));
      })
    : logs;
}

/** The log to open when none was asked for: that of a script, a failed job's, or the scheduler's. */
export function worst(logs: readonly Log[]): Log | undefined {
  const script = logs.find(log => log.role === 'script');
  const failed = script ?? logs.find(log => log.state === 'failed');
  return failed ?? logs.find(log => log.role === 'scheduler') ?? logs[0];
}
