/** Which sections of the panel are open. What the user opened or closed stays so. */
import type { IStateDB } from '@jupyterlab/statedb';
import type { AccordionPanel } from '@lumino/widgets';

const KEY = 'jupyterlab-dask-hpc:sections';

/** Enough of the list to see its first card. */
const MIN_LIST_PX = 180;

export class Sections {
  constructor(
    private readonly _accordion: AccordionPanel,
    private readonly _state: IStateDB | null
  ) {
    _accordion.expansionToggled.connect(this._keep, this);
  }

  /** As the user left them, else as in `otherwise`, by index; unless one was asked for by now. */
  async restore(otherwise: () => boolean[]): Promise<void> {
    const saved = await this._state?.fetch(KEY);
    if (this._asked) {
      return;
    }
    const open =
      Array.isArray(saved) && saved.length === this._accordion.widgets.length
        ? saved.map(Boolean)
        : otherwise();
    open.forEach((wanted, index) => this._set(index, wanted));
  }

  /** Open or close one, without taking it for the user's wish. */
  show(index: number, open: boolean): void {
    this._asked = true;
    this._set(index, open);
  }

  /** Give the first section the height of its content, in pixels, and the rest to the list. */
  fit(height: number): void {
    const { widgets, titles, node } = this._accordion;
    const titlesHeight = titles.reduce((sum, one) => sum + one.offsetHeight, 0);
    const space = node.clientHeight - titlesHeight;
    if (space > 0 && widgets.every(widget => !widget.isHidden)) {
      const first = Math.min(height, Math.max(space / 2, space - MIN_LIST_PX));
      this._accordion.setRelativeSizes([first, space - first]);
    }
  }

  private _set(index: number, open: boolean): void {
    this._ours = true;
    if (open) {
      this._accordion.expand(index);
    } else {
      this._accordion.collapse(index);
    }
    this._ours = false;
  }

  private _keep(): void {
    if (!this._ours) {
      const open = this._accordion.widgets.map(widget => !widget.isHidden);
      void this._state?.save(KEY, open);
    }
  }

  private _ours = false;
  private _asked = false;
}
