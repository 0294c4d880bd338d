/** One afternoon of one user: `survey-3k` with trouble, `demo` without. */
import type {
  Batch,
  Cluster,
  Field,
  Job,
  JobState,
  Profiles,
  Request
} from '../api/schema';

/** The server's clock in these samples. */
export const NOW = Date.parse('2026-11-21T14:34:00Z');

/** Any part of it; what may be null comes whole or not at all. */
type Deep<T> = {
  [K in keyof T]?: T[K] extends unknown[]
    ? T[K]
    : T[K] extends object
      ? Deep<T[K]>
      : T[K];
};

export function makeRequest(change: Deep<Request> = {}): Request {
  return {
    name: 'demo',
    profile: 'cc-in2p3',
    workspace: 'analysis',
    idle_timeout: '02:00:00',
    wait_for_running_percent: 0,
    python_environment: '',
    ...change,
    workers: {
      jobs: 4,
      nodes: 1,
      memory: '3G',
      cpus: 1,
      processes: 1,
      threads: 0,
      time: '02:00:00',
      ...change.workers
    },
    scheduler: { memory: '1G', time: '08:00:00', ...change.scheduler }
  };
}

/** A running cluster of four workers, but for `change`. */
export function makeCluster(change: Deep<Cluster> = {}): Cluster {
  const name = change.name ?? 'demo';
  return {
    id: '3f9c0a51d2',
    profile: 'cc-in2p3',
    batch: 'slurm',
    state: 'running',
    reason: '',
    stale: false,
    as_of: '2026-11-21T14:33:57Z',
    problems: [],
    fixed_workers: 0,
    worker_memory: 3087007744,
    replace_workers: false,
    created: '2026-11-21T14:29:00Z',
    ends: '2026-11-21T16:29:00Z',
    warning: null,
    expected_start: null,
    closed: null,
    dashboard: 'jupyterlab-dask-hpc/clusters/3f9c0a51d2/dashboard/k3y/status',
    log_folder: 'analysis/log',
    ...change,
    name,
    workers: {
      requested: 4,
      pending: 0,
      running: 4,
      connected: 4,
      ended: 0,
      failed: 0,
      ...change.workers
    },
    scheduler: {
      job: '4815161',
      state: 'running',
      reason: '',
      node: 'n003',
      ...change.scheduler
    },
    request: makeRequest({ name, ...change.request })
  };
}

/** 3,000 workers that start, 37 of them failed. */
export function makeSurvey(change: Deep<Cluster> = {}): Cluster {
  return makeCluster({
    id: 'a1b2c3d4e5',
    name: 'survey-3k',
    state: 'starting',
    created: '2026-11-21T14:20:00Z',
    ends: '2026-11-21T16:22:00Z',
    ...change,
    problems: change.problems ?? [
      {
        kind: 'failed',
        reason: 'OUT_OF_MEMORY',
        message: '37 failed on n214: out of memory',
        advice:
          'They reached the 3 GB they asked for. Ask for more memory per worker.',
        count: 37,
        node: 'n214',
        jobs: ['4815162_1332', '4815162_1333'],
        log: ['slurmstepd: error: Detected 1 oom-kill event(s)']
      }
    ],
    workers: {
      requested: 3000,
      pending: 611,
      running: 2352,
      connected: 2314,
      failed: 37,
      ...change.workers
    },
    request: { workers: { jobs: 3000 } }
  });
}

export function makeBatch(change: Partial<Batch> = {}): Batch {
  return {
    name: 'slurm',
    title: 'Slurm',
    nodes_are_here: false,
    answered: '2026-11-21T14:33:57Z',
    stale: false,
    message: '',
    ...change
  };
}

export function makeJob(change: Partial<Job> = {}): Job {
  const index = change.index ?? 5;
  const id = change.id ?? `4815162_${index}`;
  return {
    id,
    role: 'worker',
    index,
    state: 'running',
    native_state: 'RUNNING',
    reason: '',
    end: null,
    node: 'n003',
    elapsed: 319,
    started: NOW / 1000 - 319,
    outcome: null,
    exit_code: null,
    signal: null,
    memory_peak: 2_254_857_830,
    log: `demo.worker.${id}.log`,
    ...change
  };
}

/** The scheduler and `workers` worker jobs; `state` says each one's state by its index. */
export function makeJobs(
  workers: number,
  state: (index: number) => JobState = () => 'running'
): Job[] {
  const scheduler = makeJob({
    id: '4815161',
    role: 'scheduler',
    index: null,
    log: 'demo.scheduler.4815161.log'
  });
  return [
    { ...scheduler, index: null },
    ...Array.from({ length: workers }, (_, index) =>
      makeJob({
        index,
        state: state(index),
        native_state: state(index).toUpperCase(),
        node: state(index) === 'pending' ? '' : `n${100 + (index >> 5)}`
      })
    )
  ];
}

/** The scheduler, and jobs of several workers each; `state` says each worker's state by its index. */
export function makeShared(
  jobs: number,
  processes: number,
  state: (index: number) => JobState = () => 'running'
): Job[] {
  const [scheduler, ...workers] = makeJobs(jobs);
  return [
    scheduler,
    ...workers.map((job, place) => ({
      ...job,
      workers: Array.from({ length: processes }, (_, process) => {
        const index = place * processes + process;
        return {
          name: `w${job.id}-${process}`,
          index,
          state: state(index),
          memory_peak: 2 ** 28
        };
      })
    }))
  ];
}

/** One job: the scheduler, and `processes` workers on each of its nodes. */
export function makeOneJob(nodes: number, processes: number): Job[] {
  const [job] = makeJobs(0);
  const workers = Array.from({ length: nodes * processes }, (_, index) => {
    const node = Math.floor(index / processes);
    return {
      name: `w${job.id}_${node}-${index % processes}`,
      index,
      state: 'running' as const,
      memory_peak: 2 ** 28,
      node: `n00${node}`,
      log: `demo.worker.${job.id}_${node}.log`
    };
  });
  return [{ ...job, workers }];
}

function field(title: string, change: Partial<Field>): Field {
  const messages = { title, description: '' };
  const texts = { title, description: '', messages };
  return { ...texts, advanced: false, type: 'string', default: '', ...change };
}

const time = (title: string, value: string): Field =>
  field(title, {
    type: ['string', 'integer'],
    default: value,
    unit: 'seconds',
    minimum: 60,
    maximum: 28_800,
    maximum_text: '08:00:00'
  });

const size = (title: string, value: string): Field =>
  field(title, {
    type: ['string', 'integer'],
    default: value,
    unit: 'bytes',
    minimum: 2 ** 20,
    maximum: 32 * 2 ** 30,
    maximum_text: '32G'
  });

/** What the profile `cc-in2p3` offers, and a laptop's own. */
export function makeProfiles(): Profiles {
  const schema: Profiles['profiles'][number]['schema'] = {
    properties: {
      name: field('Name', { pattern: '^[A-Za-z0-9_-]{1,40}$', maxLength: 40 }),
      workers: {
        properties: {
          jobs: field('Worker jobs', {
            type: 'integer',
            default: 1,
            minimum: 1,
            maximum: 3000
          }),
          memory: size('Worker memory', '3G'),
          cpus: field('Worker CPUs', {
            type: 'integer',
            default: 1,
            minimum: 1,
            maximum: 32
          }),
          time: time('Worker time', '02:00:00'),
          processes: field('Workers per job', {
            type: 'integer',
            default: 1,
            minimum: 1,
            maximum: 64,
            advanced: true
          }),
          threads: field('Threads per worker', {
            type: 'integer',
            default: 0,
            minimum: 0,
            maximum: 256,
            advanced: true
          })
        }
      },
      scheduler: {
        properties: {
          memory: { ...size('Scheduler memory', '1G'), advanced: true },
          time: { ...time('Scheduler time', '08:00:00'), advanced: true }
        }
      },
      idle_timeout: {
        ...time('Idle time-out', '02:00:00'),
        advanced: true,
        maximum_text: 'scheduler time',
        maximum_message: 'scheduler time',
        maximum_field: 'scheduler.time'
      },
      wait_for_running_percent: field('Wait for running, %', {
        type: 'integer',
        default: 0,
        minimum: 0,
        maximum: 100,
        unit: '%',
        advanced: true
      }),
      python_environment: field('Python environment', { advanced: true }),
      script: field('Script', { advanced: true })
    }
  };
  return {
    default: 'cc-in2p3',
    broken: [],
    profiles: [
      {
        name: 'cc-in2p3',
        title: 'cc-in2p3',
        options: {
          workers: ['partition dask', 'account atlas'],
          scheduler: ['partition htc', 'account atlas']
        },
        batch: 'slurm',
        batch_title: 'Slurm',
        starts_at_once: false,
        nanny: true,
        scheduler_cpus: 1,
        further_jobs: 0,
        access_denied_reason: null,
        ask: '',
        schema
      },
      {
        name: 'local',
        title: 'This computer',
        options: { workers: [], scheduler: [] },
        batch: 'local',
        batch_title: 'This computer',
        starts_at_once: true,
        nanny: true,
        scheduler_cpus: 1,
        further_jobs: 0,
        access_denied_reason: null,
        ask: '',
        schema
      }
    ]
  };
}
