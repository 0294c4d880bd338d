/** Log Out and Shut Down stop this server's clusters but for those that run a script: ask first. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { isLive } from '../common/counts';
import { IClusterModel } from '../tokens';
import type { Way } from './dialog';
import { guard } from './guard';

const WAYS: Record<string, Way> = {
  'filemenu:logout': 'logout',
  'hub:logout': 'logout',
  'filemenu:shutdown': 'shutdown'
};

/** Milliseconds that are waited for the server before the user goes. */
const STOP_TIMEOUT_MS = 5000;

export const logoutPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-dask-hpc:logout',
  description: 'Asks before Log Out and Shut Down stop Dask clusters.',
  autoStart: true,
  requires: [IClusterModel],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    model: IClusterModel,
    translator: ITranslator | null
  ) => {
    guard(app.commands, Object.keys(WAYS), id =>
      mayLeave(WAYS[id], model, translator ?? nullTranslator)
    );
  }
};

/**
 * Whether to go on. The server itself stops what is left, at `/logout` and when
 * it ends; at a log-out the clusters are stopped before that as well, since a
 * hub on a domain of its own, or a proxy that drops the Referer, leaves the
 * server no proof that the user asked for it.
 */
export async function mayLeave(
  way: Way,
  model: IClusterModel,
  translator: ITranslator
): Promise<boolean> {
  await withTimeout(model.ready);
  const all = model.clusters.filter(isLive);
  const live = all.filter(cluster => !cluster.script);
  const scripts = all.filter(cluster => cluster.script);
  if (all.length === 0) {
    return true;
  }
  const { askToLeave, askToLeaveScripts } = await import('./dialog');
  if (live.length === 0) {
    return askToLeaveScripts(way, scripts, translator);
  }
  if (!(await askToLeave(way, live, scripts, translator))) {
    return false;
  }
  if (way === 'logout') {
    const stops = live.map(cluster => model.stop(cluster.id));
    const results = await withTimeout(Promise.allSettled(stops));
    for (const result of results ?? []) {
      if (result.status === 'rejected') {
        console.warn('A Dask cluster could not be stopped yet', result.reason);
      }
    }
  }
  return true;
}

async function withTimeout<T>(work: Promise<T>): Promise<T | undefined> {
  let timer = 0;
  const end = new Promise<undefined>(resolve => {
    timer = window.setTimeout(() => resolve(undefined), STOP_TIMEOUT_MS);
  });
  return Promise.race([work, end]).finally(() => window.clearTimeout(timer));
}
