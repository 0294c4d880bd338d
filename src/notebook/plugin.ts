/** Notebooks: the cell that connects to a cluster, and the cluster in the toolbar. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  IToolbarWidgetRegistry,
  showErrorMessage
} from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { Cluster } from '../api/schema';
import { isLive } from '../common/counts';
import { chooseCluster } from '../common/chooseCluster';
import { CommandIDs, DOMAIN, IClusterModel } from '../tokens';
import { connectingCell, type CellKind } from './cells';
import { insertCell } from './insert';
// eslint-disable-next-line jupyter/prefer-lazy-imports -- a toolbar's factory cannot wait
import { NotebookCluster } from './toolbar';

export const notebookPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-dask-hpc:notebook',
  description: 'Connects notebooks to Dask clusters.',
  autoStart: true,
  requires: [IClusterModel, INotebookTracker],
  optional: [
    IToolbarWidgetRegistry,
    ICommandPalette,
    ITranslator,
    ISettingRegistry
  ],
  activate: (
    app: JupyterFrontEnd,
    model: IClusterModel,
    tracker: INotebookTracker,
    toolbars: IToolbarWidgetRegistry | null,
    palette: ICommandPalette | null,
    maybeTranslator: ITranslator | null,
    registry: ISettingRegistry | null
  ) => {
    const { commands, shell } = app;
    const translator = maybeTranslator ?? nullTranslator;
    const trans = translator.load(DOMAIN);

    // Without them the cell is as it is by default.
    const settings = registry
      ?.load(notebookPlugin.id)
      .catch((error: unknown) => {
        console.warn('The settings of Dask in notebooks cannot be read', error);
        return null;
      });

    const newNotebook = async (cluster: Cluster): Promise<NotebookPanel> => {
      const panel: unknown = await commands.execute('notebook:create-new', {
        cwd: cluster.request.workspace,
        kernelName: app.serviceManager.kernelspecs.specs?.default ?? ''
      });
      return panel as NotebookPanel;
    };

    const insert = async (cluster: Cluster): Promise<void> => {
      const panel = tracker.currentWidget ?? (await newNotebook(cluster));
      await panel.context.ready;
      await panel.revealed;
      const kind = (await settings)?.get('connectingCell').composite;
      insertCell(
        panel.content,
        connectingCell(cluster.name, (kind ?? 'magic') as CellKind),
        trans
      );
      shell.activateById(panel.id);
    };

    commands.addCommand(CommandIDs.insertCell, {
      label: trans.__('Insert Dask cluster cell'),
      caption: trans.__(
        'Insert a cell that connects the notebook to a cluster'
      ),
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
        if (!cluster) {
          return;
        }
        try {
          await insert(cluster);
        } catch (error) {
          await showErrorMessage(
            trans.__('Cannot insert the cell for %1', cluster.name),
            error instanceof Error ? error.message : String(error)
          );
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.insertCell,
      category: trans.__('Dask')
    });
    model.changed.connect(() =>
      commands.notifyCommandChanged(CommandIDs.insertCell)
    );

    toolbars?.addFactory<NotebookPanel>(
      'Notebook',
      'daskHpcCluster',
      panel => new NotebookCluster({ panel, model, commands, translator })
    );
  }
};
