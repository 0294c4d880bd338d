/** All clusters together, in one line. */
import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import { Button } from '../common/Button';
import { isLive, total } from '../common/counts';
import { clock, count } from '../common/format';
import { daskIcon } from '../common/icons';
import { useSignal } from '../common/useSignal';
import type { IClusterModel } from '../tokens';

export interface IItemProps {
  model: IClusterModel;
  trans: TranslationBundle;
  onOpen: () => void;
}

export function createItem(props: IItemProps): ReactWidget {
  return ReactWidget.create(<Item {...props} />);
}

export function Item({ model, trans, onOpen }: IItemProps): JSX.Element {
  const text = useSignal(model.changed, () => summary(model, trans));
  return (
    <Button
      look="bare"
      icon={daskIcon}
      className="jp-DaskHpc-StatusItem"
      title={trans.__('Show Dask clusters')}
      onClick={onOpen}
    >
      <span>{text}</span>
    </Button>
  );
}

/** "Dask 2,318 / 3,004 running", and since when that is not renewed. */
export function summary(
  model: IClusterModel,
  trans: TranslationBundle
): string {
  const { running, requested } = total(model.clusters);
  const text = trans.__(
    'Dask %1 / %2 running',
    count(running),
    count(requested)
  );
  const since = model.clusters
    .filter(cluster => isLive(cluster) && cluster.stale && cluster.as_of)
    .map(cluster => Date.parse(cluster.as_of ?? ''));
  return since.length
    ? trans.__('%1, as of %2', text, clock(Math.min(...since), model.now()))
    : text;
}
