/** A cluster model without a server: what a test sets is what is shown. */
import { Signal } from '@lumino/signaling';
import { vi } from 'vitest';
import type { Finding } from '../api/examination';
import type {
  Batch,
  Cluster,
  Free,
  Job,
  LogProblems,
  ProfileChoices,
  Profiles,
  Sample,
  Scripts
} from '../api/schema';
import type {
  IClusterModel,
  IJobsWatch,
  ILogFollow,
  ILogPiece,
  PartialRequest
} from '../tokens';
import { makeBatch, makeCluster, makeProfiles, NOW } from './samples';

export class FakeModel implements IClusterModel {
  constructor(clusters: Cluster[] = [], batch: Batch[] = [makeBatch()]) {
    this.clusters = clusters;
    this.batch = batch;
  }

  clusters: readonly Cluster[];
  batch: readonly Batch[];
  notices: readonly string[] = [];
  connected = true;
  connectionError = '';
  lastUpdate: number | null = NOW;
  ready = Promise.resolve();
  time = NOW;
  readonly changed = new Signal<this, void>(this);
  isDisposed = false;
  /** What `watchJobs` and `followLog` gave out, newest last. */
  readonly watches: FakeWatch[] = [];
  readonly follows: FakeFollow[] = [];

  /** Change what is known, and tell. */
  set(
    change: Partial<
      Pick<
        FakeModel,
        'clusters' | 'batch' | 'notices' | 'connected' | 'connectionError'
      >
    >
  ) {
    Object.assign(this, change);
    this.changed.emit();
  }

  now(): number {
    return this.time;
  }

  get(id: string): Cluster | undefined {
    return this.clusters.find(cluster => cluster.id === id);
  }

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  profiles = vi.fn(async (): Promise<Profiles> => makeProfiles());
  choices = vi.fn(
    async (_profile: string, _refresh: boolean): Promise<ProfileChoices> => ({
      options: {}
    })
  );
  launch = vi.fn(async (request: PartialRequest): Promise<Cluster> =>
    makeCluster({ name: request.name ?? 'dask-1', state: 'requested' })
  );
  preview = vi.fn(async (_: PartialRequest): Promise<Scripts> => SCRIPTS);
  examine = vi.fn(
    async (_profile: string, _workspace: string): Promise<Finding[]> => []
  );
  estimate = vi.fn(
    async (_: PartialRequest): Promise<number | null> => NOW + 7 * 60_000
  );
  free = vi.fn(async (_: PartialRequest): Promise<Free> => null);
  scale = vi.fn(async (_id: string, _jobs: number): Promise<void> => undefined);
  replaceWorkers = vi.fn(
    async (_id: string, _lasting: boolean): Promise<void> => undefined
  );
  stop = vi.fn(async (_: string): Promise<void> => undefined);
  resetIdle = vi.fn(async (_: string): Promise<void> => undefined);
  scripts = vi.fn(async (_: string): Promise<Scripts> => SCRIPTS);
  logs = vi.fn(async (_: string): ReturnType<IClusterModel['logs']> => ({
    logs: [],
    folder: 'analysis/log'
  }));
  readLog = vi.fn(
    async (
      _id: string,
      _file: string,
      _offset: number,
      _length: number
    ): ReturnType<IClusterModel['readLog']> => ({
      bytes: new Uint8Array(),
      size: 0
    })
  );
  logProblems = vi.fn(
    async (_id: string, _level: 'error' | 'warning'): Promise<LogProblems> => ({
      files: 0,
      lines: 0,
      kinds: []
    })
  );
  watchJobs = vi.fn((id: string): IJobsWatch => {
    const watch = new FakeWatch(id);
    this.watches.push(watch);
    return watch;
  });
  followLog = vi.fn((id: string, file: string, offset: number): ILogFollow => {
    const follow = new FakeFollow(id, file, offset);
    this.follows.push(follow);
    return follow;
  });
}

export class FakeWatch implements IJobsWatch {
  constructor(readonly id: string) {}

  jobs: ReadonlyMap<string, Job> = new Map();
  samples: readonly Sample[] = [];
  readonly changed = new Signal<this, void>(this);
  isDisposed = false;

  set(jobs: Job[], samples: Sample[] = []): void {
    this.jobs = new Map(jobs.map(job => [job.id, job]));
    this.samples = samples;
    this.changed.emit();
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

export class FakeFollow implements ILogFollow {
  constructor(
    readonly id: string,
    readonly file: string,
    readonly offset: number
  ) {}

  readonly received = new Signal<this, ILogPiece>(this);
  refused = false;
  isDisposed = false;

  send(piece: Partial<ILogPiece>): void {
    this.received.emit({
      size: 0,
      text: '',
      restarted: false,
      ...piece
    });
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

const SCRIPTS: Scripts = {
  scripts: [
    { role: 'scheduler', title: 'Scheduler', text: '#!/bin/bash\nexec true\n' },
    { role: 'worker', title: 'Workers', text: '#!/bin/bash\nexec true\n' }
  ]
};
