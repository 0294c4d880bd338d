/** Why a job is where it is, in words for people. */
import type { Job } from '../../api/schema';

/** One phrase, empty when there is nothing to say: "Out of memory", "Priority". */
export function reasonOf({ reason, end }: Pick<Job, 'reason' | 'end'>): string {
  const text = end ?? reason;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
