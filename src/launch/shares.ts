/** How the workers of a job share its CPUs and memory. Pure. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Profile } from '../api/schema';
import { count, memory } from '../common/format';
import { formFields, type FieldPath } from '../common/formFields';
import { writeMemory } from '../common/units';
import { sentence } from '../messages/compose';
import { read, type Values } from './fields';
import type { FieldErrors } from './check';

/** Fields of the workers that are numbers: sizes in bytes. */
interface Job {
  memory: number;
  cpus: number;
  processes: number;
  /** As typed: 0 for a worker's share of the CPUs. */
  threads: number;
}

/** Ways to split a job: workers that share it, each with its share of the CPUs. */
export interface Split {
  name: 'core' | 'job' | 'dask';
  label: string;
  processes: number;
}

/**
 * What is wrong with fields that are each right by itself; the server makes the same checks
 * (`_check_shares` of core/request.py). Empty while one of them is not right.
 */
export function shareErrors(
  profile: Profile,
  values: Values,
  errors: FieldErrors,
  trans: TranslationBundle
): FieldErrors {
  const job = jobOf(profile, values);
  if (!job || PATHS.some(path => errors[path])) {
    return {};
  }
  const { cpus, processes, threads } = job;
  const limits = formFields(profile)['workers.memory'];
  const minimum = (limits.minimum ?? 0) * processes;
  const wrong: FieldErrors = {};
  if (processes > 1 && !profile.nanny) {
    wrong['workers.processes'] = {
      message: sentence(trans, 'workers.processes-need-nanny', {}),
      remedy: '1'
    };
  } else if (processes > cpus) {
    wrong['workers.processes'] = {
      message: sentence(trans, 'workers.more-than-cpus', { cpus }),
      remedy: String(cpus)
    };
  } else if (threads === 0 && cpus % processes) {
    wrong['workers.processes'] = {
      message: sentence(trans, 'workers.cpus-not-divisible', { cpus }),
      remedy: String(divisor(cpus, processes))
    };
  } else if (threads * processes > cpus) {
    const maximum = Math.floor(cpus / processes);
    wrong['workers.threads'] = {
      message: sentence(trans, 'workers.too-many-threads', { maximum }),
      remedy: String(maximum)
    };
  } else if (job.memory < minimum) {
    wrong['workers.memory'] = {
      message: sentence(trans, 'workers.memory-too-small', { minimum }),
      remedy:
        minimum > (limits.maximum ?? Infinity)
          ? undefined
          : writeMemory(minimum)
    };
  }
  return wrong;
}

/** "8 workers a job, 6 threads and 12 GB each"; empty for one worker a job, or while a field is wrong. */
export function sharesText(
  profile: Profile,
  values: Values,
  trans: TranslationBundle
): string {
  const job = jobOf(profile, values);
  if (!job || job.processes < 2) {
    return '';
  }
  const threads = job.threads || Math.floor(job.cpus / job.processes);
  if (threads < 1 || threads * job.processes > job.cpus) {
    return '';
  }
  return trans.__(
    '%1, %2 and %3 each',
    'workers.nodes' in formFields(profile)
      ? trans._n(
          '%2 worker a node',
          '%2 workers a node',
          job.processes,
          count(job.processes)
        )
      : trans._n(
          '%2 worker a job',
          '%2 workers a job',
          job.processes,
          count(job.processes)
        ),
    trans._n('%2 thread', '%2 threads', threads, count(threads)),
    memory(job.memory / job.processes)
  );
}

/** The usual ways to split a job of so many CPUs; none where a job cannot have several workers. */
export function splits(
  profile: Profile,
  values: Values,
  trans: TranslationBundle
): Split[] {
  const fields = formFields(profile);
  const cpus = figure(profile, values, 'workers.cpus');
  const most = fields['workers.processes']?.maximum ?? 1;
  if (!profile.nanny || most < 2 || !(cpus > 1)) {
    return [];
  }
  const usual: Split[] = [
    { name: 'job', label: trans.__('One worker a job'), processes: 1 },
    { name: 'core', label: trans.__('One worker a core'), processes: cpus },
    {
      name: 'dask',
      label: trans.__("Dask's own rule"),
      processes: daskProcesses(cpus)
    }
  ];
  return usual.filter(({ processes }) => processes <= most);
}

/**
 * The number of processes into which distributed divides so many CPUs by itself:
 * `nprocesses_nthreads` of distributed.deploy.utils. The rest of them are threads.
 */
export function daskProcesses(cpus: number): number {
  let processes = cpus;
  for (let factor = cpus; cpus > 4 && factor >= Math.sqrt(cpus); factor--) {
    processes = cpus % factor ? processes : factor;
  }
  return processes;
}

const PATHS: readonly FieldPath[] = [
  'workers.memory',
  'workers.cpus',
  'workers.processes',
  'workers.threads'
];

/** Null for a profile without these fields, and while one of them cannot be read. */
function jobOf(profile: Profile, values: Values): Job | null {
  const [memory, cpus, processes, threads] = PATHS.map(path =>
    figure(profile, values, path)
  );
  const positive = memory > 0 && cpus > 0 && processes > 0 && threads >= 0;
  return positive ? { memory, cpus, processes, threads } : null;
}

function figure(profile: Profile, values: Values, path: FieldPath): number {
  const field = formFields(profile)[path];
  return field ? read(field, values[path]) : NaN;
}

/** The largest divisor of a number that is at most `most`. */
function divisor(of: number, most: number): number {
  let found = most;
  while (of % found) {
    found--;
  }
  return found;
}
