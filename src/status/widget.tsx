/** The status of one cluster as a widget of the main area. */
import { MainAreaWidget, ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import { Signal, type ISignal } from '@lumino/signaling';
import type { IClusterModel, IJobsWatch } from '../tokens';
import type { IPlace, IStatusOptions } from './options';
import { StatusView } from './StatusView';
import { TitleIcon } from './TitleIcon';
import { fillToolbar } from './toolbar';

export class StatusWidget extends MainAreaWidget<StatusBody> {
  constructor(options: IStatusOptions) {
    super({ content: new StatusBody(options), translator: options.translator });
    this.clusterId = options.id;
    this._model = options.model;
    this.id = `jp-DaskHpc-Status-${options.id}`;
    this.addClass('jp-DaskHpc-Status');
    this.title.closable = true;
    fillToolbar(this.toolbar, options);
    this._model.changed.connect(this._refreshTitle);
    this._refreshTitle();
  }

  readonly clusterId: string;

  get place(): IPlace {
    return this.content.place;
  }

  /** Emitted when another tab is in sight. */
  get moved(): ISignal<this, void> {
    return this._moved;
  }

  /** Bring a tab, and what is asked for in it, in sight. */
  showPlace(place: IPlace): void {
    this.content.place = {
      ...place,
      tab: place.tab ?? this.place.tab ?? 'jobs'
    };
    this._moved.emit();
  }

  override dispose(): void {
    this._model.changed.disconnect(this._refreshTitle);
    super.dispose();
    Signal.clearData(this);
  }

  private readonly _refreshTitle = (): void => {
    const cluster = this._model.get(this.clusterId);
    this.title.label = cluster?.name ?? this.title.label;
    this.title.icon = this._icon.of(cluster);
  };

  private readonly _model: IClusterModel;
  private readonly _icon = new TitleIcon();
  private readonly _moved = new Signal<this, void>(this);
}

/** What is below the toolbar. */
export class StatusBody extends ReactWidget {
  constructor(private readonly _options: IStatusOptions) {
    super();
    this._jobs = _options.model.watchJobs(_options.id);
    this.addClass('jp-DaskHpc-StatusBody');
  }

  get place(): IPlace {
    return this._place;
  }
  set place(place: IPlace) {
    this._place = place;
    this.update();
  }

  override dispose(): void {
    super.dispose();
    this._jobs.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.update();
  }

  protected override onBeforeHide(message: Message): void {
    super.onBeforeHide(message);
    this.update();
  }

  render() {
    const { id, ...rooms } = this._options;
    return (
      <StatusView
        {...rooms}
        id={id}
        jobs={this._jobs}
        place={this._place}
        inSight={this.isVisible}
        onTab={tab => (this.parent as StatusWidget).showPlace({ tab })}
      />
    );
  }

  private readonly _jobs: IJobsWatch;
  private _place: IPlace = { tab: 'jobs' };
}
