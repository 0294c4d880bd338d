/**
 * How workers share a node, and what the scheduler takes of the first one if all run in one job. The server
 * computes the same (core/node_workers.py); tests/recorded/shares.json holds the two together. Pure.
 */

/** What is asked of a node: memory in bytes. */
export interface Node {
  memory: number;
  cpus: number;
  processes: number;
  /** Of each worker; 0 for its share of the CPUs. */
  threads: number;
}

/** Equal workers of one node. */
export interface WorkerGroup {
  count: number;
  threads: number;
  /** Bytes that each of them may use. */
  memory: number;
}

/** Bytes that a Python process with distributed loaded needs. */
const LEAST_MEMORY = 256 * 2 ** 20;

/** The workers of a node without a scheduler. */
export function nodeWorkers(node: Node, nanny: boolean): WorkerGroup {
  const { memory, cpus, processes: count } = node;
  const reserve = Math.min(
    Math.floor(memory / 4),
    (nanny ? 128 : 64) * 2 ** 20
  );
  return {
    count,
    threads: node.threads || Math.max(1, Math.floor(cpus / count)),
    memory: Math.floor((memory - reserve) / count)
  };
}

/**
 * The workers of the node that the scheduler shares with them; empty if it is too small for any.
 *
 * @param scheduler - its memory in bytes, and its CPUs.
 */
export function firstNodeWorkers(
  node: Node,
  scheduler: { memory: number; cpus: number },
  nanny: boolean
): WorkerGroup[] {
  const full = nodeWorkers(node, nanny);
  const unused = node.cpus - full.count * full.threads;
  const cpus = Math.max(0, scheduler.cpus - unused);
  const taken = Math.max(
    Math.ceil(cpus / full.threads),
    Math.ceil(scheduler.memory / full.memory)
  );
  const left = full.count - taken;
  if (left < 0) {
    return [];
  }
  const smaller = {
    count: 1,
    threads: Math.min(taken * full.threads - cpus, full.threads),
    memory: Math.min(taken * full.memory - scheduler.memory, full.memory)
  };
  const fits = smaller.threads > 0 && smaller.memory >= LEAST_MEMORY;
  return [
    ...(left > 0 ? [{ ...full, count: left }] : []),
    ...(fits ? [smaller] : [])
  ];
}
