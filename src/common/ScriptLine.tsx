/** The script of a cluster on its card: its state, how it ended, the last lines of its output. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { fileIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { JSX } from 'react';
import type { Cluster } from '../api/schema';
import { Button } from './Button';
import { isLive } from './counts';
import { duration } from './format';
import { clockIcon, failIcon } from './icons';
import { runCommand } from './runCommand';
import { scriptName } from './scriptName';
import { CommandIDs } from '../tokens';

interface Props {
  cluster: Cluster;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

export function ScriptLine({
  cluster,
  commands,
  trans
}: Props): JSX.Element | null {
  const { script, id } = cluster;
  if (!script) {
    return null;
  }
  const failed = script.state === 'ended' && script.exit_code !== 0;
  const Icon =
    script.state === 'waiting' ? clockIcon : failed ? failIcon : fileIcon;
  const open = (path: string) =>
    void runCommand(commands, 'docmanager:open', { path });
  return (
    <div className="jp-DaskHpc-Script">
      <div className="jp-DaskHpc-Line">
        <Icon.react tag="span" width="14px" height="14px" />
        <span title={script.path}>
          {stateOf(cluster, trans)}{' '}
          {script.state !== 'waiting' && (
            <Button
              look="link"
              onClick={() =>
                void runCommand(commands, CommandIDs.openLogs, {
                  id,
                  file: script.log
                })
              }
            >
              {trans.__('Open log')}
            </Button>
          )}{' '}
          {script.notebook && script.state === 'ended' && (
            <Button
              look="link"
              onClick={() => open(`${cluster.log_folder}/${script.notebook}`)}
            >
              {trans.__('Open notebook')}
            </Button>
          )}
        </span>
      </div>
      {script.lines.length > 0 && (
        <pre
          className="jp-DaskHpc-Script-lines"
          aria-label={trans.__('Last lines of the output')}
        >
          {script.lines.join('\n')}
        </pre>
      )}
      {isLive(cluster) && script.state !== 'ended' && (
        <div className="jp-DaskHpc-Script-note">
          {trans.__(
            'The cluster ends with the script. Log Out does not end it.'
          )}
        </div>
      )}
    </div>
  );
}

/** `fit.py ended with exit code 3 after 2 min.` */
function stateOf(cluster: Cluster, trans: TranslationBundle): string {
  const { script } = cluster;
  const name = scriptName(cluster);
  if (!script || script.state === 'waiting') {
    return trans.__('%1 waits for the scheduler.', name);
  }
  if (script.state === 'running') {
    return trans.__('%1 runs.', name);
  }
  const ran = duration(script.seconds ?? 0);
  if (script.signal) {
    return trans.__('%1 was ended by %2 after %3.', name, script.signal, ran);
  }
  return script.exit_code === null
    ? trans.__('%1 has ended.', name)
    : trans.__(
        '%1 ended with exit code %2 after %3.',
        name,
        script.exit_code,
        ran
      );
}
