/** The list of plugins, nothing else. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { clustersPlugin } from './panel/plugin';
import { dashboardPlugin } from './dashboard/plugin';
import { logoutPlugin } from './logout/plugin';
import { modelPlugin } from './model/plugin';
import { notebookPlugin } from './notebook/plugin';
import { scriptPlugin } from './script/plugin';
import { statusPlugin } from './status/plugin';
import { statusBarPlugin } from './statusbar/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  modelPlugin,
  clustersPlugin,
  statusPlugin,
  statusBarPlugin,
  dashboardPlugin,
  notebookPlugin,
  scriptPlugin,
  logoutPlugin
];

export default plugins;
export type { ServerError } from './api/client';
export type {
  Batch,
  Cluster,
  Job,
  Log,
  LogProblems,
  ProfileChoices,
  Profiles,
  Request,
  Sample,
  Scripts
} from './api/schema';
export * from './tokens';
