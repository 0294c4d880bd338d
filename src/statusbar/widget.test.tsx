import { nullTranslator } from '@jupyterlab/translation';
import { act, fireEvent, render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { FakeModel } from '../testing/model';
import { makeCluster, makeSurvey } from '../testing/samples';
import { Item } from './widget';

it('counts all live clusters, says when it is old, and opens the panel', () => {
  const model = new FakeModel([makeCluster(), makeSurvey()]);
  const onOpen = vi.fn();
  const trans = nullTranslator.load('test');
  render(<Item model={model} trans={trans} onOpen={onOpen} />);
  screen.getByText('Dask 2,356 / 3,004 running');
  act(() => model.set({ clusters: [makeCluster({ stale: true })] }));
  screen.getByText(/^Dask 4 \/ 4 running, as of \d\d:\d\d$/);
  fireEvent.click(screen.getByRole('button'));
  expect(onOpen).toHaveBeenCalledOnce();
});
