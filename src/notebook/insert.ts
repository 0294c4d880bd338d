/** Put a cell into a notebook, once. */
import type { Notebook } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

/** What is used of a notebook. */
export type ICells = Pick<
  Notebook,
  'model' | 'activeCellIndex' | 'deselectAll'
>;

/**
 * Make a code cell of that source the active one: the active cell or the one
 * below it if that is what stands there, else the active cell if it is an empty
 * code cell, else a new one below it.
 *
 * @throws Error when the notebook cannot be edited.
 */
export function insertCell(
  notebook: ICells,
  source: string,
  trans: TranslationBundle
): void {
  const { model } = notebook;
  if (!model || model.readOnly) {
    throw new Error(trans.__('The notebook is read-only.'));
  }
  const cells = model.sharedModel;
  const active = cells.cells.length
    ? Math.max(0, notebook.activeCellIndex)
    : -1;
  const sourceAt = (index: number) =>
    cells.cells[index]?.cell_type === 'code'
      ? cells.getCell(index).getSource()
      : null;
  const known = [active, active + 1].find(index => sourceAt(index) === source);
  let place = known ?? active;
  if (known === undefined) {
    if (sourceAt(active)?.trim() === '') {
      cells.getCell(active).setSource(source);
    } else {
      place = active + 1;
      cells.insertCell(place, {
        cell_type: 'code',
        source,
        metadata: { trusted: true }
      });
    }
  }
  notebook.activeCellIndex = place;
  notebook.deselectAll();
}
