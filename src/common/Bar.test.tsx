import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { makeCluster, makeSurvey } from '../testing/samples';
import { CountBar } from './Bar';

const parts = () =>
  [...screen.getByRole('progressbar').children].map(child =>
    child.getAttribute('data-part')
  );

it('reads as a sentence and keeps the order of its parts', () => {
  render(
    <CountBar workers={makeSurvey().workers} label="2,352 of 3,000 running" />
  );
  const bar = screen.getByRole('progressbar');
  expect(bar.getAttribute('aria-valuetext')).toBe('2,352 of 3,000 running');
  expect(bar.getAttribute('aria-valuenow')).toBe('2352');
  expect(parts()).toEqual(['running', 'connecting', 'pending', 'failed']);
});

it('leaves out what is not there, and shows what is not submitted yet', () => {
  const { workers } = makeCluster({ workers: { running: 1, connected: 1 } });
  render(<CountBar workers={workers} label="1 of 4 running" />);
  expect(parts()).toEqual(['running', 'rest']);
});
