import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { render, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeModel } from '../testing/model';
import { makeCluster, makeSurvey } from '../testing/samples';
import { Leaving } from './dialog';
import { guard } from './guard';
import { logoutPlugin } from './plugin';

describe('Log Out and Shut Down', () => {
  const commands = new CommandRegistry();
  const ran = vi.fn();
  for (const id of ['filemenu:logout', 'hub:logout', 'filemenu:shutdown']) {
    commands.addCommand(id, { execute: () => void ran(id) });
  }
  commands.addCommand('filemenu:other', { execute: () => 'as before' });
  const model = new FakeModel();
  void logoutPlugin.activate(
    { commands } as unknown as Parameters<typeof logoutPlugin.activate>[0],
    model,
    nullTranslator
  );

  const press = async (name: string) => {
    (await screen.findByText(name)).closest('button')?.click();
    await waitFor(() => expect(document.querySelector('dialog')).toBeNull());
  };

  beforeEach(() => {
    ran.mockClear();
    model.stop.mockClear();
    model.set({ clusters: [makeSurvey(), makeCluster()] });
  });

  it('ask nothing while no cluster is alive', async () => {
    model.set({ clusters: [makeCluster({ state: 'closed' })] });
    await commands.execute('filemenu:logout');
    expect(ran).toHaveBeenCalledWith('filemenu:logout');
    expect(model.stop).not.toHaveBeenCalled();
  });

  it('leave scripts alone and say so', async () => {
    const script = {
      path: 'analysis/fit.py',
      state: 'running' as const,
      log: 'fit.script.1.log',
      notebook: null,
      exit_code: null,
      signal: null,
      seconds: null,
      lines: []
    };
    const run = makeCluster({ id: 'run', name: 'fit', script });
    model.set({ clusters: [run] });
    const leave = commands.execute('filemenu:logout');
    expect(await screen.findByText('Log out?'));
    expect(screen.getByText('This script continues: fit.py.')).toBeTruthy();
    expect(document.activeElement?.textContent).toBe('Log Out');
    await press('Log Out');
    await leave;
    expect(ran).toHaveBeenCalledExactlyOnceWith('filemenu:logout');
    expect(model.stop).not.toHaveBeenCalled();
    const stay = commands.execute('filemenu:shutdown');
    expect(await screen.findByText('Shut down?'));
    await press('Cancel');
    await stay;
    expect(ran).toHaveBeenCalledOnce();
    model.set({ clusters: [run, makeCluster()] });
    const done = commands.execute('filemenu:logout');
    expect(await screen.findByText('Stop 1 cluster and log out?'));
    expect(screen.getByText('This script continues: fit.py.')).toBeTruthy();
    await press('Stop and Log Out');
    await done;
    expect(model.stop.mock.calls.flat()).toEqual(['3f9c0a51d2']);
  });

  it('leave every other command alone', async () => {
    expect(await commands.execute('filemenu:other')).toBe('as before');
    await expect(commands.execute('no:such')).rejects.toThrow();
  });

  it.each(['filemenu:logout', 'hub:logout'])(
    '%s stops the clusters once it is meant',
    async id => {
      const done = commands.execute(id);
      expect(await screen.findByText('Stop 2 clusters and log out?'));
      expect(screen.getByText('survey-3k')).toBeTruthy();
      expect(ran).not.toHaveBeenCalled();
      await press('Stop and Log Out');
      await done;
      expect(model.stop.mock.calls.flat()).toEqual([
        'a1b2c3d4e5',
        '3f9c0a51d2'
      ]);
      expect(ran).toHaveBeenCalledExactlyOnceWith(id);
    }
  );

  it('do nothing when it is not meant, and can be asked again', async () => {
    for (let times = 0; times < 2; times++) {
      const done = commands.execute('filemenu:logout');
      await screen.findByText('Stop 2 clusters and log out?');
      expect(document.activeElement?.textContent).toBe('Cancel');
      await press('Cancel');
      await done;
    }
    expect(ran).not.toHaveBeenCalled();
    expect(model.stop).not.toHaveBeenCalled();
  });

  it('log out all the same when a cluster cannot be stopped from here', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    model.stop.mockRejectedValueOnce(new Error('Slurm does not answer'));
    const done = commands.execute('filemenu:logout');
    await press('Stop and Log Out');
    await done;
    expect(ran).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  it('leave the stopping to the server at Shut Down, which asks once more', async () => {
    model.set({ clusters: [makeCluster()] });
    const done = commands.execute('filemenu:shutdown');
    await screen.findByText('Stop 1 cluster and shut down?');
    await press('Stop and Shut Down');
    await done;
    expect(ran).toHaveBeenCalledExactlyOnceWith('filemenu:shutdown');
    expect(model.stop).not.toHaveBeenCalled();
  });
});

describe('the question', () => {
  const show = (number: number) =>
    render(
      <Leaving
        way="logout"
        clusters={Array.from({ length: number }, (_, index) =>
          makeCluster({ id: String(index), name: `c${index}` })
        )}
        translator={nullTranslator}
      />
    );

  it('says what is lost, what stays, and of whom', () => {
    const { container } = show(1);
    expect(container.querySelector('p')?.textContent).toBe(
      'Logging out cancels the jobs of this cluster. Results in the memory of its workers are lost. The logs stay in log/.'
    );
    expect(container.querySelector('li')?.textContent).toBe('c04 of 4 running');
  });

  it.each([
    [6, 6, 'c5'],
    [8, 6, 'and 3 more']
  ])('of %i clusters has %i lines', (number, lines, last) => {
    const { container } = show(number);
    const items = [...container.querySelectorAll('li')];
    expect(items).toHaveLength(lines);
    expect(items.at(-1)?.textContent).toContain(last);
  });
});

describe('guard', () => {
  it('asks once, however often it is pressed', async () => {
    const commands = new CommandRegistry();
    const ran = vi.fn();
    commands.addCommand('leave', { execute: ran });
    let answer: (may: boolean) => void = () => undefined;
    const ask = vi.fn(
      () => new Promise<boolean>(resolve => (answer = resolve))
    );
    guard(commands, ['leave'], ask);
    const first = commands.execute('leave');
    await commands.execute('leave');
    answer(true);
    await first;
    expect(ask).toHaveBeenCalledOnce();
    expect(ran).toHaveBeenCalledOnce();
  });
});
