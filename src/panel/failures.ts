/** A notice for each cluster that ends badly while the page looks on. */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { Cluster } from '../api/schema';
import { CommandIDs, type IClusterModel } from '../tokens';

/** JupyterLab cuts a notice at this many characters. */
const MAX_LENGTH = 140;

export async function notifyOfFailures(
  model: IClusterModel,
  commands: CommandRegistry,
  trans: TranslationBundle
): Promise<void> {
  await model.ready;
  // What failed before this page was opened is shown in the panel.
  const notified = new Set(failed(model).map(cluster => cluster.id));
  model.changed.connect(() => {
    for (const cluster of failed(model).filter(({ id }) => !notified.has(id))) {
      notified.add(cluster.id);
      Notification.error(shorten(notice(cluster, trans)), {
        autoClose: false,
        actions: [
          {
            label: trans.__('Show logs'),
            callback: () =>
              void commands.execute(CommandIDs.openLogs, { id: cluster.id })
          }
        ]
      });
    }
  });
}

function failed(model: IClusterModel): Cluster[] {
  return model.clusters.filter(cluster => cluster.state === 'failed');
}

function notice(cluster: Cluster, trans: TranslationBundle): string {
  return cluster.reason
    ? trans.__('%1 failed: %2', cluster.name, cluster.reason)
    : trans.__('%1 failed.', cluster.name);
}

function shorten(text: string): string {
  return text.length > MAX_LENGTH
    ? `${text.slice(0, MAX_LENGTH - 1)}\u2026`
    : text;
}
