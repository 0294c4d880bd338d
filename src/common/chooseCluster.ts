/** Which cluster a command without an id means. */
import { InputDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
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
  // Two may have one name while one of them closes.
  const labels = live.map(cluster =>
    isChangeable(cluster)
      ? cluster.name
      : trans.__('%1 (closing)', cluster.name)
  );
  const { value } = await InputDialog.getItem({
    title: trans.__('Choose a Cluster'),
    items: labels,
    okLabel: trans.__('Open')
  });
  return live[labels.indexOf(value ?? '')]?.id ?? null;
}
