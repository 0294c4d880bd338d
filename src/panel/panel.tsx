/** The Dask panel in the sidebar: the form, the clusters, and when the batch system answered. */
import { ReactWidget } from '@jupyterlab/apputils';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ITranslator } from '@jupyterlab/translation';
import { SidePanel } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { AccordionPanel, Panel, type PanelLayout } from '@lumino/widgets';
import type { LaunchPanel } from '../launch/panel';
import { isLive } from '../common/counts';
import { count } from '../common/format';
import { daskIcon } from '../common/icons';
import {
  DOMAIN,
  type IClusterModel,
  type IClusterPanel,
  type PartialRequest
} from '../tokens';
import { ClusterList } from './ClusterList';
import { StatusFooter } from './StatusFooter';
import { Sections } from './sections';

const FORM = 0;
const LIST = 1;

export class ClusterPanel extends SidePanel implements IClusterPanel {
  constructor(private readonly _options: ClusterPanel.IOptions) {
    super({ translator: _options.translator });
    // The default content of a side panel.
    if (!(this.content instanceof AccordionPanel)) {
      throw new TypeError('The content of a side panel is no accordion');
    }
    this._accordion = this.content;
    const { model, commands, translator } = _options;
    const trans = translator.load(DOMAIN);
    this.id = 'jp-dask-hpc-panel';
    this.addClass('jp-DaskHpc-Panel');
    this.title.icon = daskIcon;
    this.title.caption = trans.__('Dask clusters');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Dask clusters'));

    this._form.addClass('jp-DaskHpc-Form');
    this._form.title.label = trans.__('New cluster');
    this.addWidget(this._form);

    this._list = ReactWidget.create(
      <ClusterList
        model={model}
        commands={commands}
        translator={translator}
        scaled={this._scaled}
      />
    );
    this._list.addClass('jp-DaskHpc-List');
    this._list.title.label = trans.__('Clusters');
    this.addWidget(this._list);

    const foot = ReactWidget.create(
      <StatusFooter model={model} trans={trans} />
    );
    foot.addClass('jp-DaskHpc-StatusFooter');
    (this.layout as PanelLayout).addWidget(foot);

    this._sections = new Sections(this._accordion, _options.state);
    this._accordion.expansionToggled.connect(this._fit, this);
    void model.ready.then(() =>
      this._sections.restore(() => [!model.clusters.some(isLive), true])
    );
    model.changed.connect(this._badge, this);
    this._badge();
  }

  openForm(request?: PartialRequest): void {
    const shown = this._show(FORM);
    void Promise.all([this._load(), shown]).then(([form]) => {
      this._fit();
      form.openForm(request);
    });
  }

  reveal(id: string): void {
    this._find(id, card => {
      const name = card.querySelector<HTMLElement>('.jp-DaskHpc-Card-name');
      name?.scrollIntoView({ block: 'nearest' });
      name?.focus();
    });
  }

  scale(id: string): void {
    this._find(id, card => {
      this._scaled.emit(id);
      // Its field takes the focus when it is drawn: this one was there before.
      card.querySelector('input')?.focus();
    });
  }

  override dispose(): void {
    this._observer.disconnect();
    this._options.model.changed.disconnect(this._badge, this);
    Signal.clearData(this);
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this._load();
  }

  /** Bring the panel to the front and find a cluster's card in it. */
  private _find(id: string, found: (card: HTMLElement) => void): void {
    // A new card is drawn with the next change of the model.
    void this._show(LIST).then(() =>
      requestAnimationFrame(() => {
        const cards = this.node.querySelectorAll<HTMLElement>('[data-cluster]');
        [...cards]
          .filter(card => card.dataset['cluster'] === id)
          .forEach(found);
      })
    );
  }

  /** Bring the panel to the front with one of its sections open. */
  private async _show(section: number): Promise<void> {
    this._sections.show(section, true);
    await this._options.activate(this);
  }

  /** The form and the libraries it needs are fetched when the panel is first seen. */
  private _load(): Promise<LaunchPanel> {
    this._loaded ??= import('../launch/panel').then(({ LaunchPanel }) => {
      const { model, commands, translator, state, workspace } = this._options;
      const form = new LaunchPanel({
        model,
        commands,
        translator,
        state,
        workspace
      });
      form.launched.connect((_, cluster) => {
        this._sections.show(FORM, false);
        this.reveal(cluster.id);
      });
      this._form.addWidget(form);
      // As the form grows, by Advanced or by an error, its section grows with it.
      this._observer.observe(form.node);
      return form;
    });
    return this._loaded;
  }

  private _fit(): void {
    this._sections.fit(this._form.node.scrollHeight);
  }

  private _badge(): void {
    const live = this._options.model.clusters.filter(isLive).length;
    const title = this._accordion.titles[LIST];
    if (live > 0) {
      title.dataset['count'] = count(live);
    } else {
      delete title.dataset['count'];
    }
    // Without a cluster nothing in the list takes the focus: then the list does, so that the keys scroll it.
    this._list.node.tabIndex = this._options.model.clusters.length ? -1 : 0;
  }

  private readonly _accordion: AccordionPanel;
  private readonly _observer = new ResizeObserver(() => this._fit());
  private readonly _form = new Panel();
  private readonly _list: ReactWidget;
  /** The id of a cluster whose card is to ask for a number of workers. */
  private readonly _scaled = new Signal<this, string>(this);
  private readonly _sections: Sections;
  private _loaded: Promise<LaunchPanel> | null = null;
}

export namespace ClusterPanel {
  export interface IOptions {
    model: IClusterModel;
    commands: CommandRegistry;
    translator: ITranslator;
    state: IStateDB | null;
    /** The file browser's current folder, below the server's root. */
    workspace: () => string;
    /** Show the panel in the shell; resolves when it is shown. */
    activate: (panel: ClusterPanel) => Promise<void>;
  }
}
