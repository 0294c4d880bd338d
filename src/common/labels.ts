/** Words and sentences that are the same everywhere. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Cluster, ClusterState, JobState } from '../api/schema';
import { sentence } from '../messages/compose';

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
