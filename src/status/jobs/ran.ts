import type { Job } from '../../api/schema';

/** Seconds that a job has run: as reported once it has ended, before that computed from its start. `now` in ms since the epoch. */
export function ran(
  { elapsed, started }: Pick<Job, 'elapsed' | 'started'>,
  now: number
): number {
  return elapsed || (started === null ? 0 : Math.max(0, now / 1000 - started));
}
