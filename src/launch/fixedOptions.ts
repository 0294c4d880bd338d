/** What a site has fixed for the jobs of a profile, in one line. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Profile } from '../api/schema';

/** "Slurm, partition dask; scheduler: partition htc". */
export function fixedOptions(
  { batch_title: title, options }: Profile,
  trans: TranslationBundle
): string {
  const name = title.charAt(0).toUpperCase() + title.slice(1);
  const workers = [name, ...options.workers].join(', ');
  const scheduler = options.scheduler.join(', ');
  return scheduler && scheduler !== options.workers.join(', ')
    ? trans.__('%1; scheduler: %2', workers, scheduler)
    : workers;
}
