/** The lines of a card on a cluster's time and problems. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Cluster } from '../api/schema';
import { clock, duration } from '../common/format';
import { isLive } from '../common/counts';

/** Under this many milliseconds the time left is a warning. */
const WARN_BELOW_MS = 15 * 60_000;

/** A failed cluster stays among the live ones for this long, in milliseconds. */
const FAILED_CARD_MS = 3_600_000;

/** Whether a cluster has a card of its own, and does not stand under "Closed". */
export function hasCard(cluster: Cluster, now: number): boolean {
  if (isLive(cluster)) {
    return true;
  }
  const over = Date.parse(cluster.closed ?? cluster.created);
  return cluster.state === 'failed' && now - over < FAILED_CARD_MS;
}

/** "1 h 48 min left, until 16:22"; null when it is not known or not shown. */
export function timeLeft(
  cluster: Cluster,
  now: number,
  trans: TranslationBundle
): { text: string; short: boolean } | null {
  if (cluster.ends === null || !isLive(cluster)) {
    return null;
  }
  const end = Date.parse(cluster.ends);
  const left = end - now;
  return {
    text:
      left <= 0
        ? trans.__('Time limit reached at %1', clock(end, now))
        : cluster.replace_workers
          ? trans.__(
              '%1 left, until %2. Workers are replaced until then.',
              duration(left / 1000),
              clock(end, now)
            )
          : trans.__(
              '%1 left, until %2',
              duration(left / 1000),
              clock(end, now)
            ),
    short: left < WARN_BELOW_MS
  };
}

/** The one line of trouble that a card has room for, and how loud it is. */
export function worstProblem(
  cluster: Cluster,
  now: number,
  trans: TranslationBundle
): { text: string; kind: 'failed' | 'stuck' | 'waiting' } | null {
  const waits = cluster.state === 'requested' || cluster.state === 'queued';
  const [problem] = cluster.problems;
  if (problem && !(waits && problem.kind === 'waiting')) {
    return { text: sentence(problem.message), kind: problem.kind };
  }
  if (cluster.state === 'failed') {
    const reason = cluster.reason || trans.__('No reason was given.');
    return { text: sentence(reason), kind: 'failed' };
  }
  if (waits) {
    const reason = cluster.scheduler.reason || cluster.reason;
    const start = cluster.expected_start;
    const about = start && clock(Date.parse(start), now);
    if (reason || about) {
      return { text: waiting(reason, about, trans), kind: 'waiting' };
    }
  }
  return null;
}

function waiting(
  reason: string,
  about: string | null,
  trans: TranslationBundle
): string {
  if (!about) {
    return trans.__('Pending: %1', sentence(reason));
  }
  return reason
    ? trans.__('Pending: %1, expected about %2.', reason, about)
    : trans.__('Pending, expected about %1.', about);
}

/** With a full stop, whoever wrote it. */
function sentence(text: string): string {
  return /[.!?]["\u201d]?$/.test(text) ? text : `${text}.`;
}

/** "as of 14:30" for a cluster whose counts are out of date, or null. */
export function asOf(
  cluster: Cluster,
  now: number,
  trans: TranslationBundle
): string | null {
  if (!cluster.stale) {
    return null;
  }
  return cluster.as_of
    ? trans.__('as of %1', clock(Date.parse(cluster.as_of), now))
    : trans.__('out of date');
}
