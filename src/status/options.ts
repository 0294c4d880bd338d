/** What the parts of a cluster's status share: whose it is, and what of it is in sight. */
import type { ITranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { IClusterModel } from '../tokens';

export type Tab = 'jobs' | 'logs' | 'scripts';

/** What of a cluster's status is in sight. */
export interface IPlace {
  /** The tab that was last open, where not given. */
  tab?: Tab;
  /** A log, and a line in it counted from 1. */
  file?: string;
  line?: number;
  /** What to search for in that log. */
  search?: string;
}

export interface IStatusOptions {
  /** The cluster's. */
  id: string;
  model: IClusterModel;
  commands: CommandRegistry;
  translator: ITranslator;
}
