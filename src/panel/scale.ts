/** What is wrong with a number of workers, and what it leads to. Pure. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Cluster } from '../api/schema';
import { wholeSentence } from '../messages/compose';
import type { FieldError } from '../common/fieldError';
import { count } from '../common/format';
import { jobsAndWorkers } from '../common/labels';
import { parseWhole } from '../common/units';

/** What is wrong with a typed number; without a known limit `most` is null. */
export function workersError(
  text: string,
  most: number | null,
  trans: TranslationBundle
): FieldError | undefined {
  const number = parseWhole(text);
  if (number !== null && number >= 0 && number <= (most ?? Infinity)) {
    return undefined;
  }
  return {
    message: wholeSentence(0, most, trans),
    remedy:
      most !== null && number !== null && number > most
        ? String(most)
        : undefined
  };
}

/** How many whole jobs a typed number of workers makes; empty where each worker has a job of its own. */
export function wholeJobs(
  text: string,
  processes: number,
  trans: TranslationBundle
): string {
  const number = parseWhole(text);
  if (number === null || processes < 2) {
    return '';
  }
  const jobs = Math.ceil(number / processes);
  return trans.__(
    'Jobs of %1 workers are started and ended as a whole: %2.',
    count(processes),
    jobsAndWorkers(jobs, jobs * processes, trans)
  );
}

/**
 * What happens with a typed number of workers, in a sentence or two; empty when nothing does.
 *
 * @param processes - workers that share a job.
 */
export function consequence(
  text: string,
  workers: Cluster['workers'],
  processes: number,
  trans: TranslationBundle
): string {
  const number = Math.ceil((parseWhole(text) ?? NaN) / processes) * processes;
  if (number > workers.requested) {
    return trans.__('The new workers are submitted as another job array.');
  }
  if (number === 0 && workers.requested > 0) {
    return trans.__(
      'All workers end, and results in their memory are lost. The scheduler keeps running.'
    );
  }
  if (number < workers.requested) {
    return trans.__(
      'Queued workers are cancelled first. Others move their data before they end.'
    );
  }
  const { pending, running, ended, failed } = workers;
  return number > pending + running && ended + failed > 0
    ? trans.__('Workers that have ended or failed are started again.')
    : '';
}
