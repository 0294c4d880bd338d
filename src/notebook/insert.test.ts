import { nullTranslator } from '@jupyterlab/translation';
import { NotebookModel } from '@jupyterlab/notebook/lib/model';
import { beforeEach, describe, expect, it } from 'vitest';
import { connectingCell } from './cells';
import { insertCell, type ICells } from './insert';

const trans = nullTranslator.load('');
const CELL = connectingCell('demo');

describe('insertCell', () => {
  let model: NotebookModel;
  let notebook: ICells;

  const fill = (...sources: string[]) =>
    sources.forEach((source, index) =>
      model.sharedModel.insertCell(index, {
        cell_type: source.startsWith('#') ? 'markdown' : 'code',
        source
      })
    );
  const sources = () =>
    Array.from(model.cells, cell => cell.sharedModel.getSource());

  beforeEach(() => {
    model = new NotebookModel();
    notebook = { model, activeCellIndex: 0, deselectAll: () => undefined };
  });

  it('inserts below the active cell and makes it active', () => {
    fill('# Title', 'a = 1', 'b = 2');
    notebook.activeCellIndex = 1;
    insertCell(notebook, CELL, trans);
    expect(sources()).toEqual(['# Title', 'a = 1', CELL, 'b = 2']);
    expect(notebook.activeCellIndex).toBe(2);
  });

  it('takes an empty code cell as it is', () => {
    fill('');
    insertCell(notebook, CELL, trans);
    expect(sources()).toEqual([CELL]);
  });

  it('does not put the same cell twice in a row', () => {
    fill('a = 1', 'b = 2');
    insertCell(notebook, CELL, trans);
    insertCell(notebook, CELL, trans);
    notebook.activeCellIndex = 0;
    insertCell(notebook, CELL, trans);
    expect(sources()).toEqual(['a = 1', CELL, 'b = 2']);
    expect(notebook.activeCellIndex).toBe(1);
    insertCell(notebook, connectingCell('survey-3k'), trans);
    expect(sources()).toHaveLength(4);
  });

  it('starts a notebook without any cell', () => {
    notebook.activeCellIndex = -1;
    insertCell(notebook, CELL, trans);
    expect(sources()).toEqual([CELL]);
    expect(notebook.activeCellIndex).toBe(0);
  });

  it('is one step to undo', () => {
    fill('a = 1');
    model.sharedModel.clearUndoHistory();
    insertCell(notebook, CELL, trans);
    model.sharedModel.undo();
    expect(sources()).toEqual(['a = 1']);
  });

  it('refuses a notebook that cannot be edited', () => {
    model.readOnly = true;
    expect(() => insertCell(notebook, CELL, trans)).toThrow('read-only');
  });
});
