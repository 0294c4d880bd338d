/** Scripts that run on a cluster of their own: the command, for the file browser's context menu and the palette. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandIDs, DOMAIN, IClusterPanel } from '../tokens';

const SCRIPT = /\.(py|ipynb)$/;

export const scriptPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-dask-hpc:script',
  description: 'Runs scripts and notebooks on Dask clusters of their own.',
  autoStart: true,
  requires: [IClusterPanel],
  optional: [IFileBrowserFactory, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    panel: IClusterPanel,
    browsers: IFileBrowserFactory | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const { commands, shell, serviceManager } = app;
    const trans = (translator ?? nullTranslator).load(DOMAIN);

    const selected = (): string | undefined => {
      const [item] = browsers?.tracker.currentWidget?.selectedItems() ?? [];
      return item?.path;
    };
    /** The path of the document in front, if it is one. */
    const current = (): string | undefined =>
      (shell.currentWidget as Partial<IDocumentWidget> | null)?.context?.path;
    /** In the context menu what was pressed, in the palette what is looked at. */
    const pathOf = (args: { path?: unknown; isPalette?: unknown }) => {
      if (typeof args.path === 'string') {
        return args.path;
      }
      const paths = args.isPalette
        ? [current(), selected()]
        : [selected(), current()];
      return paths.find(path => path && SCRIPT.test(path));
    };

    commands.addCommand(CommandIDs.runScript, {
      label: args =>
        args.isPalette
          ? trans.__('Run script on a Dask cluster\u2026')
          : trans.__('Run on a Dask cluster\u2026'),
      caption: trans.__('Run the script on a cluster that ends with it'),
      isEnabled: args => pathOf(args) !== undefined,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            path: {
              type: 'string',
              description: trans.__(
                'Path of the script in the file browser; if omitted, that of the selected file or the current document'
              )
            }
          }
        }
      },
      execute: args => {
        const path = pathOf(args);
        if (path) {
          const script = serviceManager.contents.localPath(path);
          const stem = script.split('/').pop()?.replace(SCRIPT, '') ?? '';
          panel.openForm({ profile: '', name: stem, script });
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.runScript,
      category: trans.__('Dask')
    });
  }
};

/** What a widget that shows a file has; see `IDocumentWidget` of JupyterLab. */
interface IDocumentWidget {
  context: { path: string };
}
