/** The job scripts as they would be submitted. */
import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Scripts, type Script } from '../common/Scripts';

/** Show them in a dialog, resolved when it is closed. */
export async function showScripts(
  scripts: readonly Script[],
  trans: TranslationBundle
): Promise<void> {
  const title = trans.__('Job Scripts');
  const dialog = new Dialog({
    title,
    body: ReactWidget.create(<Scripts scripts={scripts} trans={trans} />),
    buttons: [Dialog.okButton({ label: trans.__('Close') })],
    hasClose: true
  });
  dialog.addClass('jp-DaskHpc-Preview');
  dialog.node.ariaLabel = title;
  await dialog.launch();
}
