/** "demo 4/4" in a notebook's toolbar: the cluster that its cells connect to. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { ITranslator } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { Debouncer } from '@lumino/polling';
import type { JSX } from 'react';
import { Button } from '../common/Button';
import type { Cluster } from '../api/schema';
import { count } from '../common/format';
import { daskIcon } from '../common/icons';
import { runningLabel } from '../common/labels';
import { CommandIDs, DOMAIN, type IClusterModel } from '../tokens';
import { clusterOf } from './cells';

export interface INotebookClusterOptions {
  panel: NotebookPanel;
  model: IClusterModel;
  commands: CommandRegistry;
  translator: ITranslator;
}

/** Hidden while the notebook connects to no live cluster. */
export class NotebookCluster extends ReactWidget {
  constructor({ panel, model, commands, translator }: INotebookClusterOptions) {
    super();
    this._panel = panel;
    this._model = model;
    this._commands = commands;
    this._translator = translator;
    this.addClass('jp-DaskHpc-NotebookCluster');
    this.hide();
    model.changed.connect(this._look);
    panel.context.model.contentChanged.connect(this._lookSoon);
    void panel.context.ready.then(() => this._look());
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._model.changed.disconnect(this._look);
    this._panel.context.model?.contentChanged.disconnect(this._lookSoon);
    this._soon.dispose();
    super.dispose();
  }

  protected override render(): JSX.Element | null {
    const cluster = this._cluster;
    return (
      cluster && (
        <ClusterButton
          cluster={cluster}
          translator={this._translator}
          onClick={() =>
            void this._commands.execute(CommandIDs.reveal, { id: cluster.id })
          }
        />
      )
    );
  }

  private _look = (): void => {
    if (this.isDisposed || this._panel.isDisposed) {
      return;
    }
    const cells = Array.from(this._panel.context.model.cells);
    this._cluster = clusterOf(
      cells
        .filter(cell => cell.type === 'code')
        .map(cell => cell.sharedModel.getSource()),
      this._model.clusters
    );
    this.setHidden(!this._cluster);
    this.update();
  };

  private _lookSoon = (): void => {
    void this._soon.invoke();
  };

  private _panel: NotebookPanel;
  private _model: IClusterModel;
  private _commands: CommandRegistry;
  private _translator: ITranslator;
  private _cluster: Cluster | null = null;
  // Cells change with every key.
  private _soon = new Debouncer(this._look, 300);
}

/** "demo 4/4". */
export function ClusterButton(props: {
  cluster: Cluster;
  translator: ITranslator;
  onClick: () => void;
}): JSX.Element {
  const trans = props.translator.load(DOMAIN);
  const { name, workers } = props.cluster;
  const sentence = `${name}: ${runningLabel(workers, trans)}`;
  return (
    <Button
      look="bare"
      icon={daskIcon}
      className="jp-DaskHpc-NotebookCluster-button"
      title={trans.__('%1. Show in the Dask panel', sentence)}
      aria-label={sentence}
      data-stale={props.cluster.stale || undefined}
      onClick={props.onClick}
    >
      <span className="jp-DaskHpc-NotebookCluster-name">{name}</span>
      <span>{`${count(workers.running)}/${count(workers.requested)}`}</span>
    </Button>
  );
}
