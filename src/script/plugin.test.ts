import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandIDs } from '../tokens';
import { scriptPlugin } from './plugin';

describe('Run on a Dask cluster', () => {
  const commands = new CommandRegistry();
  const openForm = vi.fn();
  const shell = { currentWidget: null as unknown };
  const files: { path: string }[] = [];
  const browsers = {
    tracker: { currentWidget: { selectedItems: () => files.values() } }
  };
  void scriptPlugin.activate(
    {
      commands,
      shell,
      serviceManager: {
        contents: { localPath: (path: string) => path.replace(/^RTC:/, '') }
      }
    } as unknown as Parameters<typeof scriptPlugin.activate>[0],
    { openForm },
    browsers,
    null,
    nullTranslator
  );
  const enabled = (args = {}) => commands.isEnabled(CommandIDs.runScript, args);

  beforeEach(() => {
    openForm.mockClear();
    files.length = 0;
    shell.currentWidget = null;
  });

  it('is for scripts and notebooks alone', () => {
    expect(enabled()).toBe(false);
    files.push({ path: 'analysis/data.csv' });
    expect(enabled()).toBe(false);
    files[0].path = 'analysis/fit.ipynb';
    expect(enabled()).toBe(true);
  });

  it('opens the form for the selected file', async () => {
    files.push({ path: 'RTC:analysis/my fit.py' });
    shell.currentWidget = { context: { path: 'other.py' } };
    await commands.execute(CommandIDs.runScript);
    expect(openForm).toHaveBeenCalledWith({
      profile: '',
      name: 'my fit',
      script: 'analysis/my fit.py'
    });
  });

  it('takes the current document in the palette', async () => {
    files.push({ path: 'analysis/fit.py' });
    shell.currentWidget = { context: { path: 'other.ipynb' } };
    await commands.execute(CommandIDs.runScript, { isPalette: true });
    expect(openForm.mock.calls[0][0]).toMatchObject({ script: 'other.ipynb' });
  });
});
