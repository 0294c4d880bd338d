/** Words and sentences that are the same everywhere. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Cluster, ClusterState, JobState } from '../api/schema';
import { count } from './format';

export function clusterStateLabel(
  state: ClusterState,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'requested':
    case 'queued':
      return trans.__('Queued');
    case 'starting':
      return trans.__('Starting');
    case 'running':
      return trans.__('Running');
    case 'closing':
      return trans.__('Closing');
    case 'closed':
      return trans.__('Closed');
    case 'failed':
      return trans.__('Failed');
  }
}

export function jobStateLabel(
  state: JobState,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'pending':
      return trans.__('Pending');
    case 'connecting':
      return trans.__('Connecting');
    case 'running':
      return trans.__('Running');
    case 'ending':
      return trans.__('Ending');
    case 'ended':
      return trans.__('Ended');
    case 'failed':
      return trans.__('Failed');
  }
}

/** "2,352 of 3,000 running": what the batch system calls running. */
export function runningLabel(
  workers: Cluster['workers'],
  trans: TranslationBundle
): string {
  return trans.__(
    '%1 of %2 running',
    count(workers.running),
    count(workers.requested)
  );
}
