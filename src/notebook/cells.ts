/** The cell that connects a notebook to a cluster: what stands in it, and how it is recognised. Pure. */
import type { Cluster } from '../api/schema';
import { isLive } from '../common/counts';

const MAGIC = /^[ \t]*%dask_cluster[ \t]+([A-Za-z0-9_-]+)[ \t]*$/;
const PYTHON =
  /^[ \t]*\w+[ \t]*=[ \t]*dask_hpc\.connect\(["']([A-Za-z0-9_-]+)["']\)[ \t]*$/;
const LINES = new RegExp(`${MAGIC.source}|${PYTHON.source}`, 'gm');

/** How it is written: by the magic, or in plain Python. */
export type CellKind = 'magic' | 'python';

/** What the cell for the cluster of that name holds. */
export function connectingCell(name: string, kind: CellKind = 'magic'): string {
  return kind === 'magic'
    ? `%load_ext dask_hpc\n%dask_cluster ${name}`
    : `import dask_hpc\n\nclient = dask_hpc.connect("${name}")`;
}

/** The names that a cell's source connects to, in order. */
export function namesIn(source: string): string[] {
  return Array.from(source.matchAll(LINES), match => match[1] ?? match[2]);
}

/** The live cluster that a notebook of these cells connects to: its `client`, when all are run, is that of the last. */
export function clusterOf(
  sources: Iterable<string>,
  clusters: readonly Cluster[]
): Cluster | null {
  // They come newest first: one that closes may have given its name to a newer one.
  const live = new Map(
    clusters
      .filter(isLive)
      .reverse()
      .map(cluster => [cluster.name, cluster])
  );
  const names = Array.from(sources).flatMap(namesIn).reverse();
  return live.get(names.find(name => live.has(name)) ?? '') ?? null;
}
