/** Why a job is where it is, in words for people. */
import type { Job } from '../../api/schema';

/** One phrase, empty when there is nothing to say: "Out of memory", "Priority". */
export function reasonOf({ reason, end }: Job): string {
  const said = end ?? reason;
  return said.charAt(0).toUpperCase() + said.slice(1);
}
