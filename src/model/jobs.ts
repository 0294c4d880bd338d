/** The jobs of one cluster, shared by all who watch them. */
import { Signal } from '@lumino/signaling';
import type { Job, Sample, Streamed } from '../api/schema';
import type { IJobsWatch } from '../tokens';

/** Samples are kept up to twice the server's own number, then thinned as the server thins. */
const MAX_SAMPLES = 1440;

/** What is known of the jobs of one cluster. */
export class ClusterJobs {
  jobs: ReadonlyMap<string, Job> = new Map();
  samples: readonly Sample[] = [];
  readonly watches = new Set<JobsWatch>();

  receive(message: Extract<Streamed, { type: 'jobs' }>): void {
    this.jobs = merge(message.full ? [] : this.jobs, message.jobs);
    this.samples = message.full
      ? message.samples
      : thin([...this.samples, ...message.samples]);
    for (const watch of this.watches) {
      watch.changed.emit();
    }
  }
}

/** One who watches. */
export class JobsWatch implements IJobsWatch {
  constructor(
    private readonly _shared: ClusterJobs,
    private readonly _release: () => void
  ) {
    _shared.watches.add(this);
  }

  readonly changed = new Signal<this, void>(this);

  get jobs(): ReadonlyMap<string, Job> {
    return this._shared.jobs;
  }

  get samples(): readonly Sample[] {
    return this._shared.samples;
  }

  get isDisposed(): boolean {
    return !this._shared.watches.has(this);
  }

  dispose(): void {
    if (this._shared.watches.delete(this)) {
      Signal.clearData(this);
      this._release();
    }
  }
}

/** The old jobs with the news, by id in order of role and index. */
function merge(
  old: Iterable<[string, Job]>,
  news: readonly Job[]
): Map<string, Job> {
  const merged = new Map(old);
  const before = merged.size;
  for (const job of news) {
    merged.set(job.id, job);
  }
  return merged.size === before
    ? merged
    : new Map([...merged].sort(([, a], [, b]) => place(a) - place(b)));
}

function place(job: Job): number {
  return job.role === 'scheduler' ? -1 : (job.index ?? 0);
}

/** Drop every second sample of the older half when there are too many. */
function thin(samples: Sample[]): Sample[] {
  const half = samples.length / 2;
  return samples.length > MAX_SAMPLES
    ? samples.filter((_, index) => index > half || index % 2 === 0)
    : samples;
}
