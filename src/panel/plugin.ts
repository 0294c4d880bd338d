/** The Dask panel in the left sidebar, its commands and notices. */
import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandIDs, DOMAIN, IClusterModel, IClusterPanel } from '../tokens';

export const clustersPlugin: JupyterFrontEndPlugin<IClusterPanel> = {
  id: 'jupyterlab-dask-hpc:clusters',
  description: 'The Dask panel: launches clusters and shows their state.',
  autoStart: true,
  provides: IClusterPanel,
  requires: [IClusterModel],
  optional: [
    ICommandPalette,
    IDefaultFileBrowser,
    ILauncher,
    ILayoutRestorer,
    IStateDB,
    ITranslator
  ],
  activate: async (
    app: JupyterFrontEnd,
    model: IClusterModel,
    palette: ICommandPalette | null,
    browser: IDefaultFileBrowser | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    state: IStateDB | null,
    maybeTranslator: ITranslator | null
  ) => {
    const [
      { ClusterPanel },
      { addCommands },
      { notifyOfFailures },
      { notifyOfEnds }
    ] = await Promise.all([
      import('./panel'),
      import('./commands'),
      import('./failures'),
      import('./endWarnings')
    ]);
    const { commands, shell, serviceManager } = app;
    const translator = maybeTranslator ?? nullTranslator;
    const trans = translator.load(DOMAIN);

    const panel = new ClusterPanel({
      model,
      commands,
      translator,
      state,
      workspace: () =>
        serviceManager.contents.localPath(browser?.model.path ?? ''),
      // A layout that is still being restored would put another panel before it.
      activate: ({ id }) => app.restored.then(() => shell.activateById(id))
    });
    shell.add(panel, 'left', { rank: 300, type: 'Dask' });
    restorer?.add(panel, 'dask-hpc');

    const category = trans.__('Dask');
    for (const command of addCommands({ commands, model, panel, trans })) {
      palette?.addItem({ command, category });
    }
    launcher?.add({
      command: CommandIDs.create,
      args: { launcher: true },
      category: trans.__('Other'),
      rank: 10
    });
    void notifyOfFailures(model, commands, trans);
    void notifyOfEnds(model, commands, trans);
    return panel;
  }
};
