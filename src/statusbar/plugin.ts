/** The clusters in the status bar; nothing there without a cluster. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { isLive } from '../common/counts';
import { DOMAIN, IClusterModel, IClusterPanel } from '../tokens';

export const statusBarPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-dask-hpc:status-bar',
  description: 'Counts the running Dask workers in the status bar.',
  autoStart: true,
  requires: [IClusterModel, IStatusBar],
  optional: [IClusterPanel, ITranslator],
  activate: async (
    app: JupyterFrontEnd,
    model: IClusterModel,
    bar: IStatusBar,
    panel: IClusterPanel | null,
    translator: ITranslator | null
  ) => {
    const { createItem } = await import('./widget');
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    bar.registerStatusItem('jupyterlab-dask-hpc:status-bar', {
      item: createItem({
        model,
        trans,
        onOpen: () => panel && app.shell.activateById(panel.id)
      }),
      align: 'left',
      rank: 5,
      isActive: () => model.clusters.some(isLive),
      activeStateChanged: model.changed
    });
  }
};
