/** Words and sentences that are the same everywhere. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Cluster, ClusterState, JobState } from '../api/schema';
import { sentence } from '../messages/compose';
import { count } from './format';

export function clusterStateLabel(
  state: ClusterState,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'requested':
    case 'queued':
      return sentence(trans, 'cluster-state.queued', {});
    case 'starting':
      return sentence(trans, 'cluster-state.starting', {});
    case 'running':
      return sentence(trans, 'cluster-state.running', {});
    case 'closing':
      return sentence(trans, 'cluster-state.closing', {});
    case 'closed':
      return sentence(trans, 'cluster-state.closed', {});
    case 'failed':
      return sentence(trans, 'cluster-state.failed', {});
  }
}

export function jobStateLabel(
  state: JobState,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'pending':
      return sentence(trans, 'job-state.pending', {});
    case 'connecting':
      return sentence(trans, 'job-state.connecting', {});
    case 'running':
      return sentence(trans, 'job-state.running', {});
    case 'ending':
      return sentence(trans, 'job-state.ending', {});
    case 'ended':
      return sentence(trans, 'job-state.ended', {});
    case 'failed':
      return sentence(trans, 'job-state.failed', {});
  }
}

/** "2,352 of 3,000 running": what the batch system calls running. */
export function runningLabel(
  workers: Cluster['workers'],
  trans: TranslationBundle
): string {
  const { running, requested } = workers;
  return sentence(trans, 'workers.running', { running, requested });
}

/**
 * "12 jobs, 96 workers"; "1 job, 2 nodes, 4 workers" where the job of scheduler and workers has several nodes.
 * Empty where each worker has a job of its own.
 */
export function jobsLabel(
  cluster: Pick<Cluster, 'jobs' | 'workers' | 'request'>,
  trans: TranslationBundle
): string {
  const { jobs, workers, request } = cluster;
  if (jobs === undefined) {
    return '';
  }
  // Each further job has one node.
  const nodes = request.workers.nodes + jobs.requested - 1;
  return request.workers.nodes > 1
    ? trans.__(
        '%1, %2, %3',
        jobsText(jobs.requested, trans),
        nodesText(nodes, trans),
        workersText(workers.requested, trans)
      )
    : jobsAndWorkers(jobs.requested, workers.requested, trans);
}

export function jobsAndWorkers(
  jobs: number,
  workers: number,
  trans: TranslationBundle
): string {
  return trans.__('%1, %2', jobsText(jobs, trans), workersText(workers, trans));
}

/** "12 jobs". */
export function jobsText(jobs: number, trans: TranslationBundle): string {
  return trans._n('%2 job', '%2 jobs', jobs, count(jobs));
}

/** "2 nodes". */
export function nodesText(nodes: number, trans: TranslationBundle): string {
  return trans._n('%2 node', '%2 nodes', nodes, count(nodes));
}

/** "96 workers". */
export function workersText(workers: number, trans: TranslationBundle): string {
  return trans._n('%2 worker', '%2 workers', workers, count(workers));
}
