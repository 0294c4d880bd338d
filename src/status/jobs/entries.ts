/** What a row of the table and a square show: a worker, or the scheduler. Pure. */
import type { Job } from '../../api/schema';

/** A worker or the scheduler, with the facts of its job but for its own. */
export interface IEntry extends Omit<Job, 'workers'> {
  /** Unique in a cluster. */
  key: string;
  /** The worker's name at the scheduler; empty where the worker has a job of its own. */
  worker: string;
  /** Among all workers; null for the scheduler. */
  index: number | null;
  job: Job;
}

/** Where nothing has changed, the entry is the same object. */
const known = new WeakMap<Job, IEntry[]>();

/** The entries of these jobs, in their order. */
export function entriesOf(jobs: Iterable<Job>): IEntry[] {
  return [...jobs].flatMap(job => {
    const entries = known.get(job) ?? entriesOfJob(job);
    known.set(job, entries);
    return entries;
  });
}

/** Whether workers are no jobs of their own. */
export function isShared(entries: Iterable<IEntry>): boolean {
  return [...entries].some(({ job }) => job.workers !== undefined);
}

/** What people call it: the name of the worker, else the id of its job. */
export function titleOf({ worker, id }: IEntry): string {
  return worker || id;
}

function entriesOfJob(job: Job): IEntry[] {
  const { workers, ...facts } = job;
  const itself: IEntry = { ...facts, key: job.id, worker: '', job };
  if (!workers) {
    return [itself];
  }
  const shared = workers.map((worker, place): IEntry => ({
    ...facts,
    role: 'worker',
    key: `${job.id}.${place}`,
    worker: worker.name || `${job.id}-${place}`,
    index: worker.index,
    state: worker.state,
    memory_peak: worker.memory_peak,
    cuda_visible_devices: worker.cuda_visible_devices,
    node: worker.node ?? job.node,
    log: worker.log ?? job.log,
    job
  }));
  return job.role === 'scheduler' ? [itself, ...shared] : shared;
}
