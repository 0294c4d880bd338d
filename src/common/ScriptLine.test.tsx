import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { render, screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Cluster } from '../api/schema';
import { makeCluster } from '../testing/samples';
import { CommandIDs } from '../tokens';
import { ScriptLine } from './ScriptLine';

const trans = nullTranslator.load('');

function cluster(
  script: Partial<NonNullable<Cluster['script']>>,
  state: Cluster['state'] = 'running'
): Cluster {
  return makeCluster({
    state,
    script: {
      path: 'analysis/fit.py',
      state: 'running',
      log: 'demo.script.3f9c0a51d2.log',
      notebook: null,
      exit_code: null,
      signal: null,
      seconds: null,
      lines: [],
      ...script
    }
  });
}

describe('The script of a cluster', () => {
  const commands = new CommandRegistry();
  const ran = vi.fn();
  for (const id of [CommandIDs.openLogs, 'docmanager:open']) {
    commands.addCommand(id, { execute: args => void ran(id, args) });
  }
  const text = (shown: Cluster) =>
    render(<ScriptLine cluster={shown} commands={commands} trans={trans} />)
      .container.textContent;

  it('is not shown where there is none', () => {
    expect(text(makeCluster())).toBe('');
  });

  it('says that Log Out does not end it', () => {
    expect(text(cluster({ state: 'waiting' }))).toBe(
      'fit.py waits for the scheduler.  The cluster ends with the script. Log Out does not end it.'
    );
    expect(text(cluster({}))).toContain('fit.py runs. Open log');
  });

  it('shows how it ended, and the last lines', () => {
    const failed = cluster(
      { state: 'ended', exit_code: 3, seconds: 120, lines: ['a', '<b>'] },
      'failed'
    );
    expect(text(failed)).toBe(
      'fit.py ended with exit code 3 after 2 min. Open log a\n<b>'
    );
    expect(
      text(cluster({ state: 'ended', signal: 'SIGKILL', seconds: 120 }))
    ).toContain('fit.py was ended by SIGKILL after 2 min.');
    expect(text(cluster({ state: 'ended' }))).toContain('fit.py has ended.');
  });

  it('opens its log and its notebook', () => {
    const notebook = 'demo.script.3f9c0a51d2.ipynb';
    text(cluster({ state: 'ended', exit_code: 0, seconds: 1, notebook }));
    screen.getByText('Open log').click();
    screen.getByText('Open notebook').click();
    expect(ran.mock.calls).toEqual([
      [
        CommandIDs.openLogs,
        { id: '3f9c0a51d2', file: 'demo.script.3f9c0a51d2.log' }
      ],
      ['docmanager:open', { path: `analysis/log/${notebook}` }]
    ]);
  });
});
