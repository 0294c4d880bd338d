/** What the browser knows of clusters: the stream's last word, and calls to the server. No DOM. */
import { PromiseDelegate } from '@lumino/coreutils';
import { Signal, type ISignal } from '@lumino/signaling';
import { examination, type Finding } from '../api/examination';
import * as schema from '../api/schema';
import type {
  Batch,
  Cluster,
  Free,
  LogProblems,
  ProfileChoices,
  Profiles,
  Scripts,
  Streamed
} from '../api/schema';
import type { ApiClient } from '../api/client';
import type { Stream } from '../api/stream';
import type {
  IClusterModel,
  IJobsWatch,
  ILogFollow,
  PartialRequest
} from '../tokens';
import { ClusterJobs, JobsWatch } from './jobs';
import { FollowedLogs } from './logs';

export class ClusterModel implements IClusterModel {
  constructor(
    private readonly _client: ApiClient,
    private readonly _stream: Stream
  ) {
    this._logs = new FollowedLogs(request => _stream.send(request));
    _stream.received.connect(this._receive, this);
    _stream.statusChanged.connect(this._emit, this);
  }

  get clusters(): readonly Cluster[] {
    return this._clusters;
  }

  get batch(): readonly Batch[] {
    return this._batch;
  }

  get notices(): readonly string[] {
    return this._notices;
  }

  get connected(): boolean {
    return this._stream.connected;
  }

  get connectionError(): string {
    return this._stream.error;
  }

  get lastUpdate(): number | null {
    return this._lastUpdate;
  }

  get ready(): Promise<void> {
    return this._ready.promise;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  get(id: string): Cluster | undefined {
    return this._clusters.find(cluster => cluster.id === id);
  }

  now(): number {
    return Date.now() + this._clockOffset;
  }

  profiles(): Promise<Profiles> {
    this._profiles ??= this._client
      .request(schema.profiles, ['profiles'])
      .finally(() => {
        this._profiles = null;
      });
    return this._profiles;
  }

  choices(profile: string, refresh: boolean): Promise<ProfileChoices> {
    return this._client.request(
      schema.profileChoices,
      ['profiles', profile, 'choices'],
      refresh ? { query: { refresh: '1' } } : {}
    );
  }

  async launch(request: PartialRequest): Promise<Cluster> {
    const cluster = await this._client.request(schema.cluster, ['clusters'], {
      method: 'POST',
      body: request
    });
    // The stream may have been faster, and then knows better.
    if (!this.get(cluster.id)) {
      this._merge([cluster]);
      this._emit();
    }
    return this.get(cluster.id) ?? cluster;
  }

  preview(request: PartialRequest): Promise<Scripts> {
    return this._client.request(schema.scripts, ['clusters', 'preview'], {
      method: 'POST',
      body: request
    });
  }

  async examine(profile: string, workspace: string): Promise<Finding[]> {
    const { findings } = await this._client.request(
      examination,
      ['profiles', profile, 'examination'],
      { method: 'POST', body: { workspace } }
    );
    return findings;
  }

  async estimate(request: PartialRequest): Promise<number | null> {
    const { expected_start: start } = await this._client.request(
      schema.estimate,
      ['clusters', 'estimate'],
      { method: 'POST', body: request }
    );
    return start === null ? null : Date.parse(start);
  }

  async free(request: PartialRequest): Promise<Free> {
    const answer = await this._client.request(
      schema.free,
      ['clusters', 'free'],
      { method: 'POST', body: request }
    );
    return answer.free;
  }

  scale(id: string, workers: number): Promise<void> {
    return this._change(id, { count: workers });
  }

  replaceWorkers(id: string, replace: boolean): Promise<void> {
    return this._change(id, { replace });
  }

  async stop(id: string): Promise<void> {
    await this._client.request(schema.cluster, ['clusters', id], {
      method: 'DELETE'
    });
  }

  async resetIdle(id: string): Promise<void> {
    await this._client.request(schema.cluster, ['clusters', id, 'reset-idle'], {
      method: 'POST'
    });
  }

  scripts(id: string): Promise<Scripts> {
    return this._client.request(schema.scripts, ['clusters', id, 'scripts']);
  }

  logs(id: string): ReturnType<IClusterModel['logs']> {
    return this._client.request(schema.logs, ['clusters', id, 'logs']);
  }

  async readLog(
    id: string,
    file: string,
    offset: number,
    length: number
  ): ReturnType<IClusterModel['readLog']> {
    const response = await this._client.send(['clusters', id, 'logs', file], {
      query: { offset: String(offset), length: String(length) }
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const size = Number(response.headers.get('X-Size') ?? bytes.length);
    return { bytes, size };
  }

  logProblems(id: string, level: 'error' | 'warning'): Promise<LogProblems> {
    return this._client.request(
      schema.logProblems,
      ['clusters', id, 'problems'],
      { query: { level } }
    );
  }

  watchJobs(id: string): IJobsWatch {
    let jobs = this._jobs.get(id);
    if (!jobs) {
      jobs = new ClusterJobs();
      this._jobs.set(id, jobs);
      this._stream.send({ watch: 'jobs', id });
    }
    const { watches } = jobs;
    return new JobsWatch(jobs, () => {
      if (watches.size === 0) {
        this._jobs.delete(id);
        this._stream.send({ unwatch: 'jobs', id });
      }
    });
  }

  followLog(id: string, file: string, offset: number): ILogFollow {
    return this._logs.follow(id, file, offset);
  }

  dispose(): void {
    if (!this._disposed) {
      this._disposed = true;
      this._stream.dispose();
      Signal.clearData(this);
    }
  }

  private async _change(id: string, workers: object): Promise<void> {
    await this._client.request(schema.cluster, ['clusters', id], {
      method: 'PATCH',
      body: { workers }
    });
  }

  private _receive(_: Stream, message: Streamed): void {
    switch (message.type) {
      case 'state':
        this._clusters = [];
        this._notices = message.notices;
        this._update(message, message.clusters);
        this._ready.resolve();
        this._askAgain();
        return;
      case 'change':
        this._clusters = this._clusters.filter(
          cluster => !message.removed.includes(cluster.id)
        );
        this._update(message, message.clusters);
        return;
      case 'jobs':
        this._jobs.get(message.id)?.receive(message);
        return;
      case 'log':
        this._logs.receive(message);
        return;
      case 'error': {
        const { id, file, message: text, reason } = message;
        if (id !== undefined && file !== undefined) {
          this._logs.fail(id, file, text, reason);
        } else {
          console.warn(text);
        }
      }
    }
  }

  private _update(
    message: { batch: Batch[]; server_time: string },
    clusters: Cluster[]
  ): void {
    this._lastUpdate = Date.parse(message.server_time);
    this._clockOffset = this._lastUpdate - Date.now();
    this._batch = message.batch;
    this._merge(clusters);
    this._emit();
  }

  private _merge(news: Cluster[]): void {
    const merged = new Map(
      [...this._clusters, ...news].map(cluster => [cluster.id, cluster])
    );
    this._clusters = [...merged.values()].sort(
      (a, b) =>
        Date.parse(b.created) - Date.parse(a.created) ||
        a.id.localeCompare(b.id)
    );
  }

  /** A new connection knows nothing of what this tab watches. */
  private _askAgain(): void {
    for (const id of this._jobs.keys()) {
      this._stream.send({ watch: 'jobs', id });
    }
    this._logs.askAgain();
  }

  private _emit(): void {
    this._changed.emit();
  }

  private _clusters: readonly Cluster[] = [];
  private _batch: readonly Batch[] = [];
  private _notices: readonly string[] = [];
  /** Milliseconds by which the server's clock is ahead of ours. */
  private _clockOffset = 0;
  private _lastUpdate: number | null = null;
  private _profiles: Promise<Profiles> | null = null;
  private _disposed = false;
  private readonly _logs: FollowedLogs;
  private readonly _jobs = new Map<string, ClusterJobs>();
  private readonly _ready = new PromiseDelegate<void>();
  private readonly _changed = new Signal<this, void>(this);
}
