/**
 * The contract with the server, as zod schemas: what is not here does not
 * travel. `docs/contract.md` is the same in words.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { z } from 'zod';
import { compose, message, optionalMessage } from '../messages/compose';

export * from './profileSchema';

export const clusterState = z.enum([
  'requested',
  'queued',
  'starting',
  'running',
  'closing',
  'closed',
  'failed'
]);

export const jobState = z.enum([
  'pending',
  'connecting',
  'running',
  'ending',
  'ended',
  'failed'
]);

/** What was asked; fields that only the form knows, by the profile's schema, pass through. */
export const request = z.looseObject({
  name: z.string(),
  profile: z.string(),
  workspace: z.string(),
  workers: z.looseObject({
    jobs: z.number(),
    /** Of the job of scheduler and workers; 1 where they have jobs of their own. */
    nodes: z.number(),
    memory: z.string(),
    cpus: z.number(),
    time: z.string(),
    processes: z.number(),
    /** Of each job, or of each node of one job; left out by older servers. */
    gpus: z.number().optional(),
    gpu_model: z.string().optional()
  }),
  scheduler: z.looseObject({ memory: z.string(), time: z.string() }),
  /** By name, a list where several may be chosen; left out by older servers. */
  options: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .optional()
});

export const problem = z.object({
  kind: z.enum(['failed', 'stuck', 'waiting']),
  /** The batch system's own word, `OUT_OF_MEMORY`. */
  reason: z.string(),
  message,
  advice: message,
  count: z.number(),
  node: z.string(),
  /** Ids of at most five of the jobs. */
  jobs: z.array(z.string()),
  /** With what the log of the first of them ends, at most three lines. */
  log: z.array(z.string())
});

/** The first end that is near. */
export const warning = z.object({
  /** The idle time-out, or the time limit of a job. */
  kind: z.enum(['idle', 'time']),
  /** What ends then. */
  ends: z.enum(['cluster', 'workers']),
  at: z.string()
});

/** The script that runs in a cluster and ends it. */
export const script = z.object({
  /** In the file browser. */
  path: z.string(),
  state: z.enum(['waiting', 'running', 'ended']),
  /** Files of the log folder. */
  log: z.string(),
  notebook: z.string().nullable(),
  exit_code: z.number().nullable(),
  signal: z.string().nullable(),
  seconds: z.number().nullable(),
  /** The last of its output, once it has ended. */
  lines: z.array(z.string())
});

/** What a cluster that is over has asked for, and what its workers have used. */
export const usage = z.object({
  /** CPUs of the jobs of workers times their run time. */
  requested_cpu_seconds: z.number(),
  used_cpu_seconds: z.number(),
  /** Bytes for one worker, and the highest that one has used. */
  requested_memory: z.number(),
  used_memory: z.number().nullable(),
  /** Share of the time with tasks. */
  busy_percent: z.number(),
  /** Another request that plainly fits better. */
  suggestion: z
    .object({ message, workers: z.object({ memory: z.string() }) })
    .nullable()
});

export const cluster = z.object({
  id: z.string(),
  name: z.string(),
  profile: z.string(),
  batch: z.string(),
  state: clusterState,
  /** Why it ends or has ended, or what it waits for; empty for neither. */
  reason: optionalMessage,
  stale: z.boolean(),
  as_of: z.string().nullable(),
  workers: z.object({
    requested: z.number(),
    pending: z.number(),
    running: z.number(),
    connected: z.number(),
    ended: z.number(),
    failed: z.number()
  }),
  /** The jobs of its workers; left out where each worker has a job of its own. */
  jobs: z
    .object({
      requested: z.number(),
      pending: z.number(),
      running: z.number(),
      ended: z.number(),
      failed: z.number()
    })
    .optional(),
  /** Workers that share the job of the scheduler; 0 where each has jobs of its own. */
  fixed_workers: z.number(),
  /** Bytes of its job's memory that a worker may use; null where that is not known. */
  worker_memory: z.number().nullable(),
  /** Whether others succeed its workers before their time limit. */
  replace_workers: z.boolean(),
  scheduler: z.object({
    job: z.string(),
    state: z.string(),
    reason: z.string(),
    node: z.string()
  }),
  problems: z.array(problem),
  created: z.string(),
  ends: z.string().nullable(),
  warning: warning.nullable(),
  expected_start: z.string().nullable(),
  closed: z.string().nullable(),
  /** Path from the server's base URL. */
  dashboard: z.string().nullable(),
  log_folder: z.string(),
  /** What runs in it and ends it; left out by older servers. */
  script: script.nullish(),
  /** Null while it is live; left out by older servers. */
  usage: usage.nullish(),
  request
});

/** One of the workers of a job. */
export const worker = z.object({
  /** At the scheduler; empty before its job has an id. */
  name: z.string(),
  /** Counts the workers of all jobs. */
  index: z.number(),
  state: jobState,
  /** Bytes. */
  memory_peak: z.number().nullable(),
  /** The variable as the worker has it; left out without GPUs. */
  cuda_visible_devices: z.string().optional(),
  /** Where it differs from that of its job. */
  node: z.string().optional(),
  log: z.string().optional()
});

export const job = z.object({
  id: z.string(),
  role: z.enum(['scheduler', 'worker']),
  /** Counts worker jobs through all job arrays. */
  index: z.number().nullable(),
  state: jobState,
  /** What the batch system calls the state: for display only. */
  native_state: z.string(),
  /** The batch system's own. */
  reason: z.string(),
  /** How it ended, where it failed. */
  end: message.nullable(),
  node: z.string(),
  /** Seconds it has run, once it is over; 0 before. */
  elapsed: z.number(),
  /** Seconds since the epoch of its start; the elapsed time of a live job is computed from it. */
  started: z.number().nullable(),
  /** How it ended; null until then. */
  outcome: z.string().nullable(),
  exit_code: z.number().nullable(),
  signal: z.number().nullable(),
  /** Bytes. */
  memory_peak: z.number().nullable(),
  log: z.string(),
  /** That of its worker, where it has one. */
  cuda_visible_devices: z.string().optional(),
  /** Left out where each worker has a job of its own. */
  workers: z.array(worker).optional()
});

/** Seconds since the epoch, pending, connecting, running, failed. */
export const sample = z.tuple([
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number()
]);

export const log = z.object({
  file: z.string(),
  role: z.enum(['scheduler', 'worker', 'script']),
  job: z.string(),
  /** Bytes. */
  size: z.number(),
  modified: z.string(),
  state: jobState,
  node: z.string()
});

export const batch = z.object({
  name: z.string(),
  title: z.string(),
  /** Its jobs run on the machine of the notebook server. */
  nodes_are_here: z.boolean(),
  answered: z.string().nullable(),
  stale: z.boolean(),
  /** Why there is no answer; empty while there is one. */
  message: optionalMessage
});

export const scripts = z.object({
  scripts: z.array(
    z.object({
      role: z.enum(['scheduler', 'worker', 'settings']),
      title: z.string(),
      text: z.string()
    })
  )
});

export const estimate = z.object({ expected_start: z.string().nullable() });

/** What is free for the jobs of a request; null for what the batch system does not tell. */
export const free = z.object({
  free: z
    .object({
      as_of: z.string(),
      idle_cpus: z.number().nullable(),
      cpus: z.number().nullable(),
      idle_nodes: z.number().nullable(),
      nodes: z.number().nullable(),
      licences: z.array(
        z.object({ name: z.string(), free: z.number(), total: z.number() })
      ),
      /** How many jobs and CPUs the user may have at the same time. */
      jobs_limit: z.number().nullable(),
      cpus_limit: z.number().nullable()
    })
    .nullable()
});
export type Free = z.infer<typeof free>['free'];

export const logs = z.object({ logs: z.array(log), folder: z.string() });

export const logProblems = z.object({
  files: z.number(),
  lines: z.number(),
  kinds: z.array(
    z.object({
      count: z.number(),
      level: z.enum(['error', 'warning']),
      /** What varies between the lines stands as "\u0001". */
      text: z.string(),
      first: z.string(),
      last: z.string(),
      jobs: z.array(z.string()),
      example: z.object({ file: z.string(), line: z.number() })
    })
  )
});

/** A message whose text is `message`; `refusalText` composes it. An older server sends no code. */
const refusal = {
  code: z.string().default('text'),
  params: z.record(z.string(), z.unknown()).default({}),
  message: z.string()
};

export function refusalText(
  { code, params, message: text }: z.infer<z.ZodObject<typeof refusal>>,
  trans: TranslationBundle
): string {
  return compose({ code, params, text }, trans);
}

export const failure = z.object({
  ...refusal,
  field: z.string().optional(),
  reason: z.string(),
  /** The batch system's own text. */
  detail: z.string().optional()
});

const numbered = { seq: z.number() };

export const streamed = z.discriminatedUnion('type', [
  z.object({
    ...numbered,
    type: z.literal('state'),
    clusters: z.array(cluster),
    batch: z.array(batch),
    /** What the user has to know of clusters that are not shown. */
    notices: z.array(message),
    server_time: z.string()
  }),
  z.object({
    ...numbered,
    type: z.literal('change'),
    clusters: z.array(cluster),
    removed: z.array(z.string()),
    batch: z.array(batch),
    server_time: z.string()
  }),
  z.object({
    ...numbered,
    type: z.literal('jobs'),
    id: z.string(),
    full: z.boolean(),
    jobs: z.array(job),
    samples: z.array(sample)
  }),
  z.object({
    ...numbered,
    type: z.literal('log'),
    id: z.string(),
    file: z.string(),
    offset: z.number(),
    size: z.number(),
    text: z.string(),
    restarted: z.boolean()
  }),
  z.object({
    ...numbered,
    type: z.literal('error'),
    ...refusal,
    reason: z.string(),
    id: z.string().optional(),
    file: z.string().optional()
  })
]);

export type ClusterState = z.infer<typeof clusterState>;
export type JobState = z.infer<typeof jobState>;
export type Request = z.infer<typeof request>;
export type Problem = z.infer<typeof problem>;
export type Cluster = z.infer<typeof cluster>;
export type Worker = z.infer<typeof worker>;
export type Job = z.infer<typeof job>;
export type Sample = z.infer<typeof sample>;
export type Log = z.infer<typeof log>;
export type Batch = z.infer<typeof batch>;
export type Scripts = z.infer<typeof scripts>;
export type LogProblems = z.infer<typeof logProblems>;
export type Failure = z.infer<typeof failure>;
export type Streamed = z.infer<typeof streamed>;
