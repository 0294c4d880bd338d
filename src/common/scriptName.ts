import type { Cluster } from '../api/schema';

/** The name of the file that runs in a cluster; empty for none. */
export function scriptName(cluster: Cluster): string {
  return cluster.script?.path.split('/').pop() ?? '';
}
