/** Opens Dask's own dashboard in a browser tab. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { Cluster } from '../api/schema';
import { isLive } from '../common/counts';
import { chooseCluster } from '../common/chooseCluster';
import { CommandIDs, DOMAIN, IClusterModel } from '../tokens';

export const dashboardPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-dask-hpc:dashboard',
  description: 'Opens the dashboard of a Dask cluster.',
  autoStart: true,
  requires: [IClusterModel],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    model: IClusterModel,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { baseUrl } = app.serviceManager.serverSettings;
    commands.addCommand(CommandIDs.openDashboard, {
      label: trans.__('Open Dask dashboard'),
      caption: trans.__('Open the dashboard of a cluster in a new browser tab'),
      isEnabled: args => Boolean(args.id) || model.clusters.some(isLive),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            id: {
              type: 'string',
              description: trans.__(
                'Id of the cluster; if omitted, the user is asked'
              )
            }
          }
        }
      },
      execute: async args => {
        const id =
          typeof args.id === 'string'
            ? args.id
            : await chooseCluster(model, trans);
        const cluster = model.get(id ?? '');
        if (cluster?.dashboard) {
          // The dashboard is not trusted: it learns nothing of this page.
          const url = URLExt.join(baseUrl, cluster.dashboard);
          window.open(url, '_blank', 'noopener,noreferrer');
        } else if (cluster) {
          await showErrorMessage(
            trans.__('No Dashboard for %1', cluster.name),
            whyNone(cluster, trans)
          );
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.openDashboard,
      category: trans.__('Dask')
    });
    model.changed.connect(() =>
      commands.notifyCommandChanged(CommandIDs.openDashboard)
    );
  }
};

/** Why a cluster has no dashboard, and what to do. */
export function whyNone(cluster: Cluster, trans: TranslationBundle): string {
  switch (cluster.state) {
    case 'requested':
    case 'queued':
      return trans.__(
        'The scheduler is still in the queue. The dashboard is available once it runs.'
      );
    case 'closing':
    case 'closed':
    case 'failed':
      return trans.__(
        'The cluster has ended, and its dashboard with it. The logs are still available.'
      );
    case 'starting':
    case 'running':
      return trans.__(
        'The scheduler has no dashboard yet. If none appears, bokeh may be missing in its Python environment: install it there and launch again.'
      );
  }
}
