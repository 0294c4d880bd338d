/** How the workers of clusters divide up. Pure. */
import type { Cluster, Job } from '../api/schema';

/** Counts of workers that add up; what has ended as meant is in none of them. */
export interface ICounts {
  /** Running, and connected to the scheduler. */
  running: number;
  /** Running for the batch system, but not connected to the scheduler. */
  connecting: number;
  pending: number;
  failed: number;
}

/** The parts in the one order in which they are always shown. */
export const PARTS = ['running', 'connecting', 'pending', 'failed'] as const;

export function counts(workers: Cluster['workers']): ICounts {
  const { pending, running, connected, failed } = workers;
  return {
    running: Math.min(connected, running),
    connecting: Math.max(0, running - connected),
    pending,
    failed
  };
}

/** The share of the requested workers that the batch system calls running, from 0 to 1. */
export function share(workers: Cluster['workers']): number {
  return workers.requested
    ? Math.min(1, workers.running / workers.requested)
    : 0;
}

/** Whether a cluster may still have jobs. */
export function isLive(cluster: Cluster): boolean {
  return cluster.state !== 'closed' && cluster.state !== 'failed';
}

/** Whether a cluster lives and is not on its way out, so that it can be changed. */
export function isChangeable(cluster: Cluster): boolean {
  return isLive(cluster) && cluster.state !== 'closing';
}

/** Running and requested workers of the live clusters together. */
export function total(clusters: readonly Cluster[]): {
  live: number;
  running: number;
  requested: number;
} {
  const live = clusters.filter(isLive);
  return {
    live: live.length,
    running: live.reduce((sum, cluster) => sum + cluster.workers.running, 0),
    requested: live.reduce((sum, cluster) => sum + cluster.workers.requested, 0)
  };
}

/** Counts of the worker jobs of one cluster. Ending workers count as running, as they do in a cluster. */
export function countJobs(jobs: Iterable<Job>): ICounts {
  const result = { running: 0, connecting: 0, pending: 0, failed: 0 };
  for (const job of jobs) {
    if (job.role === 'worker' && job.state !== 'ended') {
      result[job.state === 'ending' ? 'running' : job.state]++;
    }
  }
  return result;
}
