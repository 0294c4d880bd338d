import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { render, screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Cluster } from '../api/schema';
import { makeCluster } from '../testing/samples';
import { CommandIDs } from '../tokens';
import { UsageLine } from './UsageLine';

const trans = nullTranslator.load('');

const usage: NonNullable<Cluster['usage']> = {
  requested_cpu_seconds: 8 * 3600,
  used_cpu_seconds: 1500,
  requested_memory: 8 * 2 ** 30,
  used_memory: 1.1 * 2 ** 30,
  busy_percent: 34,
  suggestion: null
};

describe('The usage of a cluster that is over', () => {
  const commands = new CommandRegistry();
  const ran = vi.fn();
  commands.addCommand(CommandIDs.launchAgain, {
    execute: args => void ran(args)
  });
  const text = (change: Partial<typeof usage> | null) =>
    render(
      <UsageLine
        cluster={makeCluster({
          state: 'closed',
          usage: change && { ...usage, ...change }
        })}
        commands={commands}
        trans={trans}
      />
    ).container.textContent?.replaceAll('\u00a0', ' ');

  it('is not shown where nothing is known', () => {
    expect(text(null)).toBe('');
    expect(text({ requested_cpu_seconds: 35 })).toBe('');
  });

  it('compares what was requested with what was used', () => {
    expect(text({})).toBe(
      'Used 0.4 of 8 CPU-hours · at most 1.1 GB of 8 GB per worker · had tasks 34 % of the time'
    );
    expect(text({ used_memory: null, used_cpu_seconds: 70 })).toBe(
      'Used 0.02 of 8 CPU-hours · had tasks 34 % of the time'
    );
  });

  it('launches again with what is suggested', () => {
    const suggestion = {
      message: 'Workers used at most 1152M of 8G. Worker memory 2G is enough.',
      workers: { memory: '2G' }
    };
    expect(text({ suggestion })).toContain('Worker memory 2G is enough. ');
    screen.getByText('Launch again with 2G').click();
    expect(ran.mock.calls).toEqual([[{ id: '3f9c0a51d2', suggested: true }]]);
  });
});
