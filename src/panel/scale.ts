/** What is wrong with a number of workers, and what it leads to. Pure. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Cluster } from '../api/schema';
import { wholeSentence } from '../messages/compose';
import type { FieldError } from '../common/fieldError';
import { parseWhole } from '../common/units';

/** What is wrong with a typed number; without a known limit `most` is null. */
export function workersError(
  text: string,
  most: number | null,
  trans: TranslationBundle
): FieldError | undefined {
  const jobs = parseWhole(text);
  if (jobs !== null && jobs >= 0 && jobs <= (most ?? Infinity)) {
    return undefined;
  }
  return {
    message: wholeSentence(0, most, trans),
    remedy:
      most !== null && jobs !== null && jobs > most ? String(most) : undefined
  };
}

/** What happens with a typed number of workers, in a sentence or two; empty when nothing does. */
export function consequence(
  text: string,
  workers: Cluster['workers'],
  trans: TranslationBundle
): string {
  const jobs = parseWhole(text) ?? NaN;
  if (jobs > workers.requested) {
    return trans.__('The new workers are submitted as another job array.');
  }
  if (jobs === 0 && workers.requested > 0) {
    return trans.__(
      'All workers end, and results in their memory are lost. The scheduler keeps running.'
    );
  }
  if (jobs < workers.requested) {
    return trans.__(
      'Queued workers are cancelled first. Others move their data before they end.'
    );
  }
  const { pending, running, ended, failed } = workers;
  return jobs > pending + running && ended + failed > 0
    ? trans.__('Workers that have ended or failed are started again.')
    : '';
}
