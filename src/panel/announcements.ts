/** What is read out as clusters change: little, and nothing twice. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Cluster } from '../api/schema';
import { share } from '../common/counts';
import { clusterStateLabel, runningLabel } from '../common/labels';

/** Milliseconds between two announcements of the counts of one cluster. */
const INTERVAL_MS = 30_000;

interface IMemory {
  state: Cluster['state'];
  problems: Set<string>;
  quarter: number;
  counted: number;
}

export class Announcements {
  constructor(private readonly _trans: TranslationBundle) {}

  /**
   * Sentences to read out now: changed states, new problems, counts that
   * passed a quarter. What is there at the first look is not news.
   */
  update(clusters: readonly Cluster[], now: number): string[] {
    const first = this._known === null;
    const known = (this._known ??= new Map<string, IMemory>());
    return clusters.flatMap(cluster => {
      const memory = known.get(cluster.id);
      if (memory) {
        return this._compare(cluster, memory, now);
      }
      known.set(cluster.id, {
        state: cluster.state,
        problems: new Set(cluster.problems.map(problem => problem.message)),
        quarter: quarter(cluster),
        counted: first ? now : 0
      });
      return first ? [] : [this._state(cluster)];
    });
  }

  private _compare(cluster: Cluster, memory: IMemory, now: number): string[] {
    const messages: string[] = [];
    if (cluster.state !== memory.state) {
      memory.state = cluster.state;
      messages.push(this._state(cluster));
    }
    for (const { message } of cluster.problems) {
      if (!memory.problems.has(message)) {
        memory.problems.add(message);
        messages.push(`${cluster.name}: ${message}`);
      }
    }
    if (
      quarter(cluster) !== memory.quarter &&
      now - memory.counted >= INTERVAL_MS &&
      !cluster.stale
    ) {
      memory.quarter = quarter(cluster);
      memory.counted = now;
      messages.push(
        `${cluster.name}: ${runningLabel(cluster.workers, this._trans)}`
      );
    }
    return messages;
  }

  private _state(cluster: Cluster): string {
    const word = clusterStateLabel(cluster.state, this._trans);
    return cluster.state === 'failed' && cluster.reason
      ? `${cluster.name}: ${word}. ${cluster.reason}`
      : `${cluster.name}: ${word}`;
  }

  private _known: Map<string, IMemory> | null = null;
}

function quarter(cluster: Cluster): number {
  return Math.floor(share(cluster.workers) * 4);
}
