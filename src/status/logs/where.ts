/** Where and when a message was written, in words. */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Job } from '../../api/schema';
import { locale } from '../../messages/locale';
import { count } from '../../common/format';
import { jobsText, workersText } from '../../common/labels';

/**
 * "37 workers on n214", "31 workers on 24 nodes", "Scheduler on n003"; jobs where workers share
 * them; no job for what the batch system wrote itself.
 */
export function whereOf(
  ids: readonly string[],
  jobs: ReadonlyMap<string, Job>,
  trans: TranslationBundle
): string {
  if (ids.length === 0) {
    return trans.__('Output of the batch system');
  }
  const known = ids.flatMap(id => jobs.get(id) ?? []);
  const workers = ids.filter(id => jobs.get(id)?.role !== 'scheduler').length;
  const shared = known.some(job => job.workers);
  const many = shared ? jobsText(workers, trans) : workersText(workers, trans);
  const who =
    workers === 0
      ? trans.__('Scheduler')
      : workers < ids.length
        ? trans.__('scheduler and %1', many)
        : many;
  const nodes = new Set(known.map(job => job.node).filter(Boolean));
  if (nodes.size === 0) {
    return who;
  }
  return nodes.size === 1
    ? trans.__('%1 on %2', who, [...nodes][0])
    : trans.__('%1 on %2 nodes', who, count(nodes.size));
}

/** "14:29:44 to 14:30:04", local, with the day where the two differ or it is not today. */
export function spanOf(
  first: string,
  last: string,
  trans: TranslationBundle,
  now = new Date()
): string {
  const [from, to] = [new Date(first), new Date(last)];
  const today = [from, to].every(
    date => date.toDateString() === now.toDateString()
  );
  const write = (date: Date) =>
    (today
      ? ''
      : `${date.toLocaleDateString(locale(), { day: 'numeric', month: 'short' })}, `) +
    date.toTimeString().slice(0, 8);
  return first === last
    ? write(from)
    : trans.__('%1 to %2', write(from), write(to));
}
