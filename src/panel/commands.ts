/** What can be done with clusters from the palette, the launcher and the cards. */
import { Clipboard, Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Cluster } from '../api/schema';
import { isChangeable, isLive } from '../common/counts';
import { daskIcon } from '../common/icons';
import { askWhich, chooseCluster } from '../common/chooseCluster';
import { sentence } from '../messages/compose';
import { CommandIDs, type IClusterModel, type IClusterPanel } from '../tokens';

export interface ICommandsOptions {
  commands: CommandRegistry;
  model: IClusterModel;
  panel: IClusterPanel;
  trans: TranslationBundle;
}

/** Add the commands of the panel; their ids, in the palette's order. */
export function addCommands(options: ICommandsOptions): string[] {
  const { commands, model, panel, trans } = options;
  const args = {
    type: 'object',
    properties: {
      id: {
        type: 'string',
        description: trans.__(
          'Id of the cluster; if omitted, the user is asked'
        )
      }
    }
  };
  const live = () => model.clusters.some(isLive);
  const chosen = async (
    given: ReadonlyPartialJSONObject
  ): Promise<Cluster | undefined> =>
    model.get(
      typeof given.id === 'string'
        ? given.id
        : ((await chooseCluster(model, trans)) ?? '')
    );

  commands.addCommand(CommandIDs.create, {
    label: ({ launcher }) =>
      launcher ? trans.__('New Dask Cluster') : trans.__('New Dask cluster'),
    caption: trans.__('Launch a Dask scheduler and its workers'),
    icon: ({ isPalette }) => (isPalette ? undefined : daskIcon),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => panel.openForm()
  });

  commands.addCommand(CommandIDs.reveal, {
    label: trans.__('Show Dask cluster in the sidebar'),
    isEnabled: () => model.clusters.length > 0,
    describedBy: { args },
    execute: async given => {
      const cluster = await chosen(given);
      if (cluster) {
        panel.reveal(cluster.id);
      }
    }
  });

  const changeable = ({ id }: ReadonlyPartialJSONObject) =>
    model.clusters.some(
      cluster =>
        isChangeable(cluster) && (typeof id !== 'string' || cluster.id === id)
    );

  commands.addCommand(CommandIDs.scale, {
    label: trans.__('Scale Dask cluster'),
    caption: trans.__('Add or remove workers while the cluster runs'),
    isEnabled: changeable,
    describedBy: {
      args: {
        ...args,
        properties: {
          ...args.properties,
          jobs: {
            type: 'integer',
            description: trans.__(
              'Number of workers; if omitted, the card asks for it'
            )
          }
        }
      }
    },
    execute: async given => {
      const cluster = await chosen(given);
      if (cluster && typeof given.jobs === 'number') {
        await model.scale(cluster.id, given.jobs);
      } else if (cluster) {
        panel.scale(cluster.id);
      }
    }
  });

  const inOneJob = ({ id }: ReadonlyPartialJSONObject) =>
    typeof id === 'string' && Boolean(model.get(id)?.fixed_workers);

  commands.addCommand(CommandIDs.replaceWorkers, {
    label: trans.__('Replace workers before their time limit'),
    caption: args =>
      inOneJob(args)
        ? sentence(trans, 'workers.replace-one-job', {})
        : trans.__(
            'New workers start before the time limit of the old ones, until the cluster is stopped'
          ),
    isEnabled: args => changeable(args) && !inOneJob(args),
    isToggleable: true,
    isToggled: ({ id }) =>
      model.clusters.some(
        cluster => cluster.id === id && cluster.replace_workers
      ),
    describedBy: {
      args: {
        ...args,
        properties: {
          ...args.properties,
          replace: {
            type: 'boolean',
            description: trans.__('Whether to replace them; toggles if omitted')
          }
        }
      }
    },
    execute: async given => {
      const cluster = await chosen(given);
      if (cluster) {
        const replace =
          typeof given.replace === 'boolean'
            ? given.replace
            : !cluster.replace_workers;
        await model.replaceWorkers(cluster.id, replace);
      }
    }
  });

  commands.addCommand(CommandIDs.stop, {
    label: trans.__('Stop Dask cluster'),
    isEnabled: live,
    describedBy: {
      args: {
        ...args,
        properties: {
          ...args.properties,
          asked: {
            type: 'boolean',
            description: trans.__('Whether the user has confirmed it')
          }
        }
      }
    },
    execute: async given => {
      const cluster =
        typeof given.id === 'string'
          ? model.get(given.id)
          : await chooseToStop(model, trans);
      if (
        cluster &&
        (given.asked === true || (await confirmStop(cluster, trans)))
      ) {
        await model.stop(cluster.id);
      }
    }
  });

  commands.addCommand(CommandIDs.resetIdle, {
    label: trans.__('Reset idle timer of Dask cluster'),
    caption: trans.__('The idle time-out starts again from zero'),
    isEnabled: live,
    describedBy: { args },
    execute: async given => {
      const cluster = await chosen(given);
      if (cluster) {
        await model.resetIdle(cluster.id);
      }
    }
  });

  commands.addCommand(CommandIDs.copyName, {
    label: trans.__('Copy name of Dask cluster'),
    isEnabled: () => model.clusters.length > 0,
    describedBy: { args },
    execute: async given => {
      const cluster = await chosen(given);
      if (cluster) {
        Clipboard.copyToSystem(cluster.name);
      }
    }
  });

  commands.addCommand(CommandIDs.launchAgain, {
    label: trans.__('Launch the same Dask cluster again'),
    isEnabled: () => model.clusters.length > 0,
    describedBy: {
      args: {
        ...args,
        properties: {
          ...args.properties,
          suggested: {
            type: 'boolean',
            description: trans.__(
              'With the memory that its usage suggests, where it does'
            )
          }
        }
      }
    },
    execute: async given => {
      const cluster = await chosen(given);
      if (cluster) {
        const { request, usage } = cluster;
        const better = given.suggested ? usage?.suggestion?.workers : undefined;
        const workers = { ...request.workers, ...better };
        // The name is taken: the form finds the next free one.
        panel.openForm({ ...request, workers, name: undefined });
      }
    }
  });

  const ids = [
    CommandIDs.create,
    CommandIDs.reveal,
    CommandIDs.scale,
    CommandIDs.replaceWorkers,
    CommandIDs.stop,
    CommandIDs.resetIdle,
    CommandIDs.copyName,
    CommandIDs.launchAgain
  ];
  model.changed.connect(() =>
    ids.forEach(id => commands.notifyCommandChanged(id))
  );
  return ids;
}

async function chooseToStop(
  model: IClusterModel,
  trans: TranslationBundle
): Promise<Cluster | undefined> {
  // One that closes may have given its name to a newer one, and has been stopped.
  const live = model.clusters.filter(isChangeable);
  if (live.length < 2) {
    return live[0] ?? model.clusters.find(isLive);
  }
  return askWhich(
    live,
    trans.__('Choose the Cluster to Stop'),
    trans.__('Next'),
    trans
  );
}

async function confirmStop(
  cluster: Cluster,
  trans: TranslationBundle
): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('Stop %1?', cluster.name),
    body: trans.__(
      'Results in the memory of its workers are lost. The logs stay.'
    ),
    buttons: [
      Dialog.cancelButton(),
      Dialog.warnButton({ label: trans.__('Stop') })
    ],
    defaultButton: 0
  });
  return button.accept;
}
