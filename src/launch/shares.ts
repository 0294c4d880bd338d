/** How the workers of a job, or of a node, share its CPUs and memory. Pure. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Profile } from '../api/schema';
import { count, memory } from '../common/format';
import { formFields, type FieldPath } from '../common/formFields';
import { workersText } from '../common/labels';
import { writeMemory } from '../common/units';
import { sentence } from '../messages/compose';
import { read } from '../common/fieldText';
import type { Values } from './fields';
import type { FieldErrors } from './check';
import {
  firstNodeWorkers,
  nodeWorkers,
  type Node,
  type WorkerGroup
} from './firstNode';

/** Ways to split a job, or a node: workers that share it, each with its share of the CPUs. */
export interface Split {
  name: 'core' | 'job' | 'dask';
  label: string;
  processes: number;
}

/**
 * What is wrong with fields that are each right by itself; the server makes the same checks (`_check_shares` and
 * `_check_first_node` of core/request.py, `with_one_worker_each` of core/gpus.py). Empty while one of them is not right.
 */
export function shareErrors(
  profile: Profile,
  values: Values,
  errors: FieldErrors,
  trans: TranslationBundle
): FieldErrors {
  const job = jobOf(profile, values);
  if (!job || [...PATHS, GPUS].some(path => errors[path])) {
    return {};
  }
  const { cpus, processes, threads } = job;
  const gpus = figure(profile, values, GPUS);
  const limits = formFields(profile)['workers.memory'];
  const minimum = (limits.minimum ?? 0) * processes;
  const maximum = (limits.maximum_per_cpu ?? Infinity) * cpus;
  const wrong: FieldErrors = {};
  if (gpus > 0 && processes !== gpus) {
    wrong['workers.processes'] = {
      message: sentence(trans, 'gpus.one-worker-each', { count: gpus }),
      remedy: String(gpus)
    };
  } else if (gpus > cpus || (gpus > 0 && threads === 0 && cpus % gpus)) {
    wrong['workers.cpus'] = {
      message: sentence(trans, 'gpus.share-cpus', { count: gpus }),
      remedy: String(gpus * Math.ceil(cpus / gpus))
    };
  } else if (processes > 1 && !profile.nanny) {
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
  } else if (job.memory > maximum) {
    wrong['workers.memory'] = {
      message: sentence(trans, 'workers.memory-over-cpus', { maximum, cpus }),
      remedy: writeMemory(maximum)
    };
  } else if (!errors[SCHEDULER] && !errors[NODES]) {
    return roomErrors(profile, values, job, trans);
  }
  return wrong;
}

/** What is wrong if scheduler and workers share one node that is too small for both. */
function roomErrors(
  profile: Profile,
  values: Values,
  node: Node,
  trans: TranslationBundle
): FieldErrors {
  const { scheduler_cpus: cpus, nanny } = profile;
  const scheduler = { memory: figure(profile, values, SCHEDULER), cpus };
  if (
    figure(profile, values, NODES) !== 1 ||
    firstNodeWorkers(node, scheduler, nanny).length > 0
  ) {
    return {};
  }
  const larger = { ...node, memory: 2 * (node.memory + scheduler.memory) };
  const room = firstNodeWorkers(larger, scheduler, nanny).length > 0;
  const message = sentence(trans, 'workers.no-room', scheduler);
  return { [room ? 'workers.memory' : 'workers.cpus']: { message } };
}

/**
 * The workers of the node that has the scheduler as well; null where it has a job of its own,
 * and while a field is wrong.
 */
export function besideScheduler(
  profile: Profile,
  values: Values
): WorkerGroup[] | null {
  const node = jobOf(profile, values);
  const memory = figure(profile, values, SCHEDULER);
  const one = figure(profile, values, NODES) > 0 && memory > 0;
  if (!one || !node || !isShared(node)) {
    return null;
  }
  const scheduler = { memory, cpus: profile.scheduler_cpus };
  return firstNodeWorkers(node, scheduler, profile.nanny);
}

/**
 * What each worker gets, a sentence a line: "8 workers a job, 6 threads and 12 GB each". Empty where each
 * worker has a job of its own, and while a field is wrong.
 */
export function sharesText(
  profile: Profile,
  values: Values,
  trans: TranslationBundle
): string[] {
  const job = jobOf(profile, values);
  const first = besideScheduler(profile, values);
  if (!job || !isShared(job) || (job.processes < 2 && !first)) {
    return [];
  }
  const { processes } = job;
  const threads = job.threads || Math.floor(job.cpus / processes);
  const each = job.memory / processes;
  if (!first) {
    const workers = trans._n(
      '%2 worker a job',
      '%2 workers a job',
      processes,
      count(processes)
    );
    return [eachText(workers, threads, each, trans)];
  }
  const parts = first
    .map(group => groupText(group, job, profile.nanny, trans))
    .join(', ');
  if (figure(profile, values, NODES) === 1) {
    return parts ? [trans.__('Beside the scheduler: %1', parts)] : [];
  }
  const workers = trans._n(
    '%2 worker a node',
    '%2 workers a node',
    processes,
    count(processes)
  );
  return [
    eachText(workers, threads, each, trans),
    parts
      ? trans.__('First node, beside the scheduler: %1', parts)
      : trans.__('First node: the scheduler alone')
  ];
}

function eachText(
  workers: string,
  threads: number,
  bytes: number,
  trans: TranslationBundle
): string {
  return trans.__(
    '%1, %2 and %3 each',
    workers,
    threadsText(threads, trans),
    memory(bytes)
  );
}

/** "1 worker with 2 threads and 11 GB": like that of the others with its part of what nanny and helpers need. */
function groupText(
  group: WorkerGroup,
  node: Node,
  nanny: boolean,
  trans: TranslationBundle
): string {
  const reserve =
    node.memory / node.processes - nodeWorkers(node, nanny).memory;
  return trans.__(
    '%1 with %2 and %3',
    workersText(group.count, trans),
    threadsText(group.threads, trans),
    memory(group.memory + reserve)
  );
}

function threadsText(threads: number, trans: TranslationBundle): string {
  return trans._n('%2 thread', '%2 threads', threads, count(threads));
}

/** Whether there is a CPU for each thread of each worker. */
function isShared({ cpus, processes, threads }: Node): boolean {
  return processes * Math.max(threads, 1) <= cpus;
}

/** Whether scheduler and workers run in one job. */
export function isOneJob(profile: Profile): boolean {
  return NODES in formFields(profile);
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
  // Each GPU gets a worker.
  const fixed = figure(profile, values, GPUS) > 0;
  if (!profile.nanny || most < 2 || !(cpus > 1) || fixed) {
    return [];
  }
  const usual: Split[] = [
    {
      name: 'job',
      label: isOneJob(profile)
        ? trans.__('One worker a node')
        : trans.__('One worker a job'),
      processes: 1
    },
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
const GPUS: FieldPath = 'workers.gpus';
const SCHEDULER: FieldPath = 'scheduler.memory';
const NODES: FieldPath = 'workers.nodes';

/** Null for a profile without these fields, and while one of them cannot be read. */
function jobOf(profile: Profile, values: Values): Node | null {
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
