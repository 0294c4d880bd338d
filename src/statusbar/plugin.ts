/** The clusters in the status bar; nothing there without a cluster. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { isLive } from '../common/counts';
import { DOMAIN, IClusterModel } from '../tokens';

export const statusBarPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-dask-hpc:status-bar',
  description: 'Counts the running Dask workers in the status bar.',
  autoStart: true,
  requires: [IClusterModel, IStatusBar],
  optional: [ITranslator],
  activate: async (
    app: JupyterFrontEnd,
    model: IClusterModel,
    bar: IStatusBar,
    translator: ITranslator | null
  ) => {
    const { createItem } = await import('./widget');
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    bar.registerStatusItem('jupyterlab-dask-hpc:status-bar', {
      item: createItem({
        model,
        trans,
        onOpen: () => app.shell.activateById('jp-dask-hpc-panel')
      }),
      align: 'left',
      rank: 5,
      isActive: () => model.clusters.some(isLive),
      activeStateChanged: model.changed
    });
  }
};
