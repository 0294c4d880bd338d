/** What is wrong with a number of workers, and what it leads to. Pure. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Cluster, Profile } from '../api/schema';
import { sentence, wholeSentence } from '../messages/compose';
import type { FieldError } from '../common/fieldError';
import { count } from '../common/format';
import { formFields } from '../common/formFields';
import { jobsAndWorkers } from '../common/labels';
import { optionTexts, withLimits } from '../common/options';
import { parseWhole } from '../common/units';

/** The numbers of workers that a cluster can have. */
export interface IRange {
  /** Workers that share the job of the scheduler, and end with it. */
  fixed: number;
  /** Null where it is not known: the server checks the number in any case. */
  most: number | null;
  /** Workers of a job, which start and end as a whole. */
  step: number;
}

/** @param profile - that of the cluster, if it is known. */
export function rangeOf(
  { fixed_workers: fixed, request }: Cluster,
  profile: Profile | null | undefined
): IRange {
  const step = request.workers.processes;
  const jobs =
    profile &&
    (fixed
      ? profile.further_jobs
      : formFields(withLimits(profile, optionTexts(request)))['workers.jobs']
          ?.maximum);
  const most = typeof jobs === 'number' ? fixed + jobs * step : null;
  return { fixed, most, step };
}

/** What stands under the field: "max 3,000", "4 to 12, in steps of 2". */
export function rangeText(
  { fixed, most, step }: IRange,
  trans: TranslationBundle
): string {
  const limits =
    most === null
      ? ''
      : fixed
        ? trans.__('%1 to %2', count(fixed), count(most))
        : trans.__('max %1', count(most));
  const steps = step > 1 ? trans.__('in steps of %1', count(step)) : '';
  return [limits, steps].filter(Boolean).join(', ');
}

/** What is wrong with a typed number. */
export function workersError(
  text: string,
  { fixed, most }: IRange,
  trans: TranslationBundle
): FieldError | undefined {
  const number = parseWhole(text);
  if (number !== null && number >= 0 && number < fixed) {
    return {
      message: sentence(trans, 'workers.fewer-than-fixed', { minimum: fixed }),
      remedy: String(fixed)
    };
  }
  if (number !== null && number >= fixed && number <= (most ?? Infinity)) {
    return undefined;
  }
  return {
    message: wholeSentence(fixed, most, trans),
    remedy:
      most !== null && number !== null && number > most
        ? String(most)
        : undefined
  };
}

/** How many whole jobs a typed number of workers makes; empty where each worker has a job of its own. */
export function wholeJobs(
  text: string,
  { fixed, step }: IRange,
  trans: TranslationBundle
): string {
  const number = parseWhole(text);
  if (number === null || number < fixed || step < 2) {
    return '';
  }
  const jobs = Math.ceil((number - fixed) / step);
  const workers = fixed + jobs * step;
  return fixed
    ? trans.__(
        'Further jobs of %1 workers are started and ended as a whole: %2.',
        count(step),
        jobsAndWorkers(1 + jobs, workers, trans)
      )
    : trans.__(
        'Jobs of %1 workers are started and ended as a whole: %2.',
        count(step),
        jobsAndWorkers(jobs, workers, trans)
      );
}

/** What happens with a typed number of workers, in a sentence or two; empty when nothing does. */
export function consequence(
  text: string,
  workers: Cluster['workers'],
  { fixed, step }: IRange,
  trans: TranslationBundle
): string {
  const further = (parseWhole(text) ?? NaN) - fixed;
  const number = fixed + Math.ceil(further / step) * step;
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
