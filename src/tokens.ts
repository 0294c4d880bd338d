/**
 * The public face of the front end: what other rooms, and other extensions,
 * may know of clusters. No DOM in here.
 */
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import type { Finding } from './api/examination';
import type {
  Batch,
  Cluster,
  Free,
  Job,
  Log,
  LogProblems,
  ProfileChoices,
  Profiles,
  Request,
  Sample,
  Scripts
} from './api/schema';

/** The translation domain of this extension. */
export const DOMAIN = 'jupyterlab_dask_hpc';

/** Every command takes `{ id: string }`, a cluster's id, unless said otherwise. */
export namespace CommandIDs {
  /** Open the form with a script to run; `{ path? }`, that of the selected file or the current document if omitted. */
  export const runScript = 'dask-hpc:run-script';
  /** Open the panel with the focus in the form. No arguments. */
  export const create = 'dask-hpc:new-cluster';
  /** Open the panel with the focus on a card. */
  export const reveal = 'dask-hpc:reveal-cluster';
  /** Open the status in the main area; `{ id, tab?: 'jobs' | 'logs' | 'scripts', file? }`. */
  export const openStatus = 'dask-hpc:open-status';
  /** Open the logs in the status; `{ id, file?, line?, search? }`. */
  export const openLogs = 'dask-hpc:open-logs';
  export const openScripts = 'dask-hpc:open-scripts';
  export const openDashboard = 'dask-hpc:open-dashboard';
  export const insertCell = 'dask-hpc:insert-cell';
  /** Ask in the card for a number of workers; `{ id, jobs?: number }` has that number at once. */
  export const scale = 'dask-hpc:scale-cluster';
  /** Replace workers before their time limit, or no longer; `{ id, replace?: boolean }`, which toggles if omitted. */
  export const replaceWorkers = 'dask-hpc:replace-workers';
  /** Ask, then stop; `{ id, asked?: true }` when it was asked already. */
  export const stop = 'dask-hpc:stop';
  /** Start the idle time-out again from zero. */
  export const resetIdle = 'dask-hpc:reset-idle';
  export const copyName = 'dask-hpc:copy-name';
  /** Open the form, filled in as for that cluster. */
  export const launchAgain = 'dask-hpc:launch-again';
}

/** A request as a form sends it: everything but the profile may be left out. */
export interface PartialRequest {
  /** Empty for the site's first one. */
  profile: string;
  name?: string;
  workspace?: string;
  workers?: Partial<Request['workers']>;
  scheduler?: Partial<Request['scheduler']>;
  [field: string]: unknown;
}

/** The clusters of one notebook server, as the browser knows them. */
export interface IClusterState {
  /** Newest first; the order never changes by itself. Live and closed ones. */
  readonly clusters: readonly Cluster[];

  /** How each batch system in use answers. */
  readonly batch: readonly Batch[];

  /** What the user has to know of clusters that are not shown, a sentence or two each. */
  readonly notices: readonly string[];

  /** Whether the server's stream is connected; what is shown is old when not. */
  readonly connected: boolean;

  /** Why it is not connected, in one sentence; empty while it is, or has only begun to try. */
  readonly connectionError: string;

  /** Time of the last message about clusters, by the server's clock, in milliseconds; null before the first. */
  readonly lastUpdate: number | null;

  /** Resolves with the first full state. */
  readonly ready: Promise<void>;

  /** Emitted after any change of the above. */
  readonly changed: ISignal<IClusterState, void>;

  /** The cluster of that id, if it is known. */
  get(id: string): Cluster | undefined;

  /** Milliseconds since the epoch by the server's clock. */
  now(): number;
}

/** Calls to the server. Each of them rejects with a `ServerError`. */
export interface IClusterCalls {
  /** The profiles of this site, and which of them this user may use. */
  profiles(): Promise<Profiles>;
  /**
   * What this user has, of the options of a profile whose values come from elsewhere.
   *
   * @param refresh - whether commands are run again that have answered some minutes ago.
   */
  choices(profile: string, refresh: boolean): Promise<ProfileChoices>;
  launch(request: PartialRequest): Promise<Cluster>;
  preview(request: PartialRequest): Promise<Scripts>;
  /** What the doctor finds about a profile, with a workspace as the file browser writes it; for administrators. */
  examine(profile: string, workspace: string): Promise<Finding[]>;
  /** Milliseconds since the epoch, or null where there is no estimate. */
  estimate(request: PartialRequest): Promise<number | null>;
  /** What is free for the jobs of a request; null where that is unknown. */
  free(request: PartialRequest): Promise<Free>;
  /** Have so many workers from now on; where several share a job, whole jobs. */
  scale(id: string, workers: number): Promise<void>;
  /** Whether its workers are replaced before their time limit. */
  replaceWorkers(id: string, replace: boolean): Promise<void>;
  stop(id: string): Promise<void>;
  /** Start a cluster's idle time-out again from zero. */
  resetIdle(id: string): Promise<void>;
  scripts(id: string): Promise<Scripts>;
}

/** The log files of a cluster. */
export interface IClusterLogs {
  logs(id: string): Promise<{ logs: Log[]; folder: string }>;
  /** Bytes of a log; a negative offset counts from its end. */
  readLog(
    id: string,
    file: string,
    offset: number,
    length: number
  ): Promise<{ bytes: Uint8Array<ArrayBuffer>; size: number }>;
  logProblems(id: string, level: 'error' | 'warning'): Promise<LogProblems>;
}

/** What is sent as it changes, until it is disposed. */
export interface IClusterWatches {
  /** Watch the jobs of a cluster until disposed; several may watch the same. */
  watchJobs(id: string): IJobsWatch;

  /** Follow a log from a byte offset until disposed. Several logs at once, and several may follow the same. */
  followLog(id: string, file: string, offset: number): ILogFollow;
}

/** All of it: what the token provides. */
export interface IClusterModel
  extends
    IClusterState,
    IClusterCalls,
    IClusterLogs,
    IClusterWatches,
    IDisposable {}

/** The jobs of one cluster, live. */
export interface IJobsWatch extends IDisposable {
  /** By id, in order of role and index. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly samples: readonly Sample[];
  readonly changed: ISignal<IJobsWatch, void>;
}

/** One log that grows. */
export interface ILogFollow extends IDisposable {
  /** Whether the server refused to follow it, since this browser tab follows too many. It is asked again when another one is disposed. */
  readonly refused: boolean;
  readonly received: ISignal<ILogFollow, ILogPiece>;
}

/** New text of a followed log. It begins where the last piece ended. */
export interface ILogPiece {
  /** The file's whole size in bytes. */
  size: number;
  text: string;
  /** True when the file was written anew, so that what came before is gone. */
  restarted: boolean;
  /** Why the log cannot be read or followed; then `text` is empty. */
  error?: string;
}

export const IClusterModel = new Token<IClusterModel>(
  'jupyterlab-dask-hpc:IClusterModel',
  'What the browser knows of the Dask clusters of this notebook server.'
);

/** The sidebar panel: where rooms add their section. */
export interface IClusterPanel {
  /** Its id in the shell. */
  readonly id: string;
  /** Show the panel with the form open and focused, filled in from `request` where given. */
  openForm(request?: PartialRequest): void;
  /** Show the panel with the focus on a cluster's card. */
  reveal(id: string): void;
  /** Show the panel with the focus in a cluster's card, which asks for a number of workers. */
  scale(id: string): void;
}

export const IClusterPanel = new Token<IClusterPanel>(
  'jupyterlab-dask-hpc:IClusterPanel',
  'The Dask panel in the sidebar.'
);
