/** The section of the sidebar that launches clusters. */
import { ReactWidget } from '@jupyterlab/apputils';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ITranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Signal, type ISignal } from '@lumino/signaling';
import type { JSX } from 'react';
import type { Cluster } from '../api/schema';
import { DOMAIN, type IClusterModel, type PartialRequest } from '../tokens';
import { LastChoices } from './lastChoices';
import { LaunchForm } from './LaunchForm';
import type { FormPrefill } from './useForm';

export class LaunchPanel extends ReactWidget {
  constructor(options: LaunchPanel.IOptions) {
    super();
    this._options = options;
    this._lastChoices = new LastChoices(options.state);
    const trans = options.translator.load(DOMAIN);
    this.addClass('jp-DaskHpc-LaunchPanel');
    this.title.label = trans.__('New cluster');
  }

  /** Emitted after the server took a request. */
  get launched(): ISignal<this, Cluster> {
    return this._launched;
  }

  /** Put the focus into the form, filled in from `request` where given. The panel has to be shown already. */
  openForm(request?: PartialRequest): void {
    this._prefill = { request };
    this.update();
  }

  protected override render(): JSX.Element {
    const { model, translator, workspace } = this._options;
    return (
      <LaunchForm
        model={model}
        trans={translator.load(DOMAIN)}
        lastChoices={this._lastChoices}
        workspace={workspace}
        visible={this.isVisible}
        prefill={this._prefill}
        onPrefilled={this._prefilled}
        onLaunched={cluster => this._launched.emit(cluster)}
      />
    );
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.update();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.update();
  }

  private readonly _options: LaunchPanel.IOptions;
  private readonly _lastChoices: LastChoices;
  private readonly _launched = new Signal<this, Cluster>(this);
  /** A prefill is applied once, also when the panel moves to another place. */
  private readonly _prefilled = (): void => {
    this._prefill = null;
  };
  private _prefill: FormPrefill | null = null;
}

export namespace LaunchPanel {
  export interface IOptions {
    model: IClusterModel;
    commands: CommandRegistry;
    translator: ITranslator;
    /** Keeps what the user chose of the options. */
    state: IStateDB | null;
    /** The file browser's current folder, below the server's root. */
    workspace: () => string;
  }
}
