/** A notice for each end that is near; it goes when it no longer holds. */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { errorText } from '../common/error';
import { warningOf, type IWarning } from '../common/endWarning';
import { CommandIDs, type IClusterModel } from '../tokens';

interface INotice {
  key: string;
  text: string;
  /** JupyterLab's own id. */
  id: string;
}

export async function notifyOfEnds(
  model: IClusterModel,
  commands: CommandRegistry,
  trans: TranslationBundle
): Promise<void> {
  const notices = new Map<string, INotice>();

  const notify = (id: string, warning: IWarning): string => {
    const run = (command: string, args = {}) => {
      commands
        .execute(command, { id, ...args })
        .catch((error: unknown) => Notification.error(errorText(error)));
    };
    const { label, command, args } = warning.action;
    return Notification.warning(warning.notice, {
      autoClose: false,
      actions: [
        { label, displayType: 'accent', callback: () => run(command, args) },
        { label: trans.__('Show'), callback: () => run(CommandIDs.reveal) }
      ]
    });
  };

  const look = () => {
    const warnings = new Map(
      model.clusters.map(cluster => [
        cluster.id,
        warningOf(cluster, model.now(), trans)
      ])
    );
    for (const [id, notice] of notices) {
      if (warnings.get(id)?.key !== notice.key) {
        Notification.dismiss(notice.id);
        notices.delete(id);
      }
    }
    for (const [id, warning] of warnings) {
      if (!warning) {
        continue;
      }
      const { key, notice: text } = warning;
      const notice = notices.get(id);
      if (!notice) {
        notices.set(id, { key, text, id: notify(id, warning) });
      } else if (notice.text !== text) {
        // Who has dismissed it is not notified again.
        notice.text = text;
        Notification.update({ id: notice.id, message: text });
      }
    }
  };

  await model.ready;
  look();
  model.changed.connect(look);
}
