import { fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { expect, it } from 'vitest';
import { Tabs } from './Tabs';

function Three() {
  const [chosen, choose] = useState<'jobs' | 'logs' | 'scripts'>('jobs');
  return (
    <Tabs
      label="demo"
      tabs={[
        { name: 'jobs', title: 'Jobs' },
        { name: 'logs', title: 'Logs' },
        { name: 'scripts', title: 'Scripts' }
      ]}
      chosen={chosen}
      onChoose={choose}
      panel={name => `all ${name}`}
    />
  );
}

it('walks with the keys, around both ends, and shows one panel', () => {
  render(<Three />);
  const list = screen.getByRole('tablist', { name: 'demo' });
  const press = (key: string) => {
    fireEvent.keyDown(list, { key });
    const tab = screen.getByRole('tab', { selected: true });
    expect(document.activeElement).toBe(tab);
    expect(
      screen.getByRole('tabpanel', { name: tab.textContent }).textContent
    ).toBe(`all ${tab.textContent.toLowerCase()}`);
    return tab.textContent;
  };
  expect(press('ArrowRight')).toBe('Logs');
  expect(press('End')).toBe('Scripts');
  expect(press('ArrowRight')).toBe('Jobs');
  expect(press('ArrowLeft')).toBe('Scripts');
  expect(press('Home')).toBe('Jobs');
});

it('is one stop for the Tab key', () => {
  render(<Three />);
  const stops = screen.getAllByRole('tab').filter(tab => tab.tabIndex === 0);
  expect(stops.map(tab => tab.textContent)).toEqual(['Jobs']);
});
