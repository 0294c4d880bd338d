/** The status of a cluster in the main area: commands, and one widget a cluster. */
import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';
import { CommandIDs, DOMAIN, IClusterModel } from '../tokens';
import { chooseCluster } from '../common/chooseCluster';
import type { IPlace } from './options';
import type { StatusWidget } from './widget';

export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-dask-hpc:status',
  description: 'Jobs, logs and scripts of a Dask cluster in the main area.',
  autoStart: true,
  requires: [IClusterModel],
  optional: [ILayoutRestorer, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    model: IClusterModel,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    maybeTranslator: ITranslator | null
  ) => {
    const { commands, shell } = app;
    const translator = maybeTranslator ?? nullTranslator;
    const trans = translator.load(DOMAIN);
    const tracker = new WidgetTracker<StatusWidget>({
      namespace: 'dask-hpc-status'
    });

    /** Code of the widget is fetched with the first one that opens. */
    const open = async (id: string, place: IPlace): Promise<StatusWidget> => {
      const { StatusWidget } = await import('./widget');
      let widget = tracker.find(known => known.clusterId === id);
      if (!widget) {
        widget = new StatusWidget({ id, model, commands, translator });
        widget.moved.connect(moved => void tracker.save(moved));
      }
      widget.showPlace(place);
      if (!tracker.has(widget)) {
        await tracker.add(widget);
      }
      if (!widget.isAttached) {
        shell.add(widget, 'main');
      }
      shell.activateById(widget.id);
      return widget;
    };

    const addCommand = (
      command: string,
      label: string,
      placeOf: (args: ReadonlyPartialJSONObject) => IPlace
    ) => {
      commands.addCommand(command, {
        label,
        describedBy: { args: describeArgs(trans) },
        isEnabled: args => Boolean(args.id) || model.clusters.length > 0,
        execute: async args => {
          const id =
            typeof args.id === 'string'
              ? args.id
              : await chooseCluster(model, trans);
          return id ? open(id, placeOf(args)) : null;
        }
      });
      palette?.addItem({ command, category: trans.__('Dask') });
    };
    addCommand(
      CommandIDs.openStatus,
      trans.__('Show Dask cluster status'),
      readPlace
    );
    addCommand(
      CommandIDs.openLogs,
      trans.__('Show Dask cluster logs'),
      args => ({
        ...readPlace(args),
        tab: 'logs'
      })
    );
    addCommand(
      CommandIDs.openScripts,
      trans.__('Show Dask job scripts'),
      () => ({
        tab: 'scripts'
      })
    );
    const ids = [
      CommandIDs.openStatus,
      CommandIDs.openLogs,
      CommandIDs.openScripts
    ];
    model.changed.connect(() =>
      ids.forEach(id => commands.notifyCommandChanged(id))
    );

    if (restorer) {
      void restorer.restore(tracker, {
        command: CommandIDs.openStatus,
        args: widget => ({
          id: widget.clusterId,
          tab: widget.place.tab ?? 'jobs'
        }),
        name: widget => widget.clusterId
      });
    }
  }
};

function describeArgs(trans: TranslationBundle): ReadonlyJSONObject {
  return {
    type: 'object',
    properties: {
      id: { type: 'string', description: trans.__('Id of the cluster') },
      tab: { enum: ['jobs', 'logs', 'scripts'] },
      file: { type: 'string', description: trans.__('Name of a log') },
      line: {
        type: 'number',
        description: trans.__('Line of that log, from 1')
      },
      search: {
        type: 'string',
        description: trans.__('Text to search for in that log')
      }
    }
  };
}

function readPlace(args: ReadonlyPartialJSONObject): IPlace {
  const tab = (['jobs', 'logs', 'scripts'] as const).find(
    name => name === args.tab
  );
  return {
    tab,
    file: typeof args.file === 'string' ? args.file : undefined,
    line: typeof args.line === 'number' ? args.line : undefined,
    search: typeof args.search === 'string' ? args.search : undefined
  };
}
