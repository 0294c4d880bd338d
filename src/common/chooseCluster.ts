/** Which cluster a command without an id means. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { Cluster } from '../api/schema';
import { isChangeable, isLive } from '../common/counts';
import type { IClusterModel } from '../tokens';

/**
 * The only live cluster, or else the one that the user chooses; with none
 * alive the most recent one. Null when there is none, or none was chosen.
 */
export async function chooseCluster(
  model: IClusterModel,
  trans: TranslationBundle
): Promise<string | null> {
  const live = model.clusters.filter(isLive);
  if (live.length < 2) {
    return (live[0] ?? model.clusters[0])?.id ?? null;
  }
  const chosen = await askWhich(
    live,
    trans.__('Choose a Cluster'),
    trans.__('Open'),
    trans
  );
  return chosen?.id ?? null;
}

/** Ask for one of `clusters`, the first at first; undefined when none was chosen. */
export async function askWhich(
  clusters: readonly Cluster[],
  title: string,
  okLabel: string,
  trans: TranslationBundle
): Promise<Cluster | undefined> {
  const { button, value } = await showDialog({
    title,
    body: new ClusterSelect(clusters, title, trans),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: okLabel })],
    focusNodeSelector: 'select'
  });
  return button.accept ? clusters.find(({ id }) => id === value) : undefined;
}

/** The list in the dialog; that of JupyterLab's `InputDialog` has no name for a screen reader. */
class ClusterSelect extends Widget implements Dialog.IBodyWidget {
  constructor(
    clusters: readonly Cluster[],
    label: string,
    trans: TranslationBundle
  ) {
    super();
    this._select.ariaLabel = label;
    for (const cluster of clusters) {
      const { id, name } = cluster;
      // Two may have one name while one of them closes.
      const text = isChangeable(cluster)
        ? name
        : trans.__('%1 (closing)', name);
      this._select.add(new Option(text, id));
    }
    this.node.append(this._select);
  }

  getValue(): string {
    return this._select.value;
  }

  private readonly _select = document.createElement('select');
}
