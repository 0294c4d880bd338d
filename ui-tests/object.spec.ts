/** A cluster as an object in a notebook: its display follows it, and scales it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './fixtures';

const CELLS = [
  'from dask_hpc import DaskCluster\ncluster = DaskCluster("object", workers=1, worker_memory="512M")',
  'cluster'
];

const PYTHON = {
  kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' }
};

test('its widget follows it and scales it', async ({
  startLab,
  open,
  picture
}) => {
  const lab = await startLab();
  const cells = CELLS.map((source, index) => ({
    cell_type: 'code',
    id: `cell-${index}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source
  }));
  await writeFile(
    join(lab.workspace, 'object.ipynb'),
    JSON.stringify({ cells, metadata: PYTHON, nbformat: 4, nbformat_minor: 5 })
  );
  const jupyter = await open(lab);
  const notebook = await jupyter.openNotebook('object.ipynb');
  await notebook.runAll();
  const widget = notebook.output().last();
  await expect(widget).toContainText('1 of 1 running', { timeout: 90_000 });

  await widget.getByRole('tab', { name: 'Scaling' }).click();
  await widget.getByText('Manual Scaling').click();
  await widget.getByLabel('Workers').fill('2');
  await widget.getByRole('button', { name: 'Scale', exact: true }).click();
  await jupyter.showPanel();
  await jupyter.card('object').allRun(2);
  await jupyter.page.screenshot({ path: picture('widget-scaling') });
  await widget.getByRole('tab', { name: 'Status' }).click();
  await expect(widget).toContainText('2 of 2 running');
  await jupyter.page.screenshot({ path: picture('widget') });
});
