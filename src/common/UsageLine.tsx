/** What a cluster that is over has asked for and used, and another request where that plainly fits better. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { JSX } from 'react';
import type { Cluster } from '../api/schema';
import { Button } from './Button';
import { cpuHours, memory } from './format';
import { runCommand } from './runCommand';
import { CommandIDs } from '../tokens';

/** CPU seconds, a hundredth of a CPU-hour: of a shorter cluster there is nothing to learn. */
const LEAST_S = 36;

interface Props {
  cluster: Cluster;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

export function UsageLine({
  cluster,
  commands,
  trans
}: Props): JSX.Element | null {
  const suggestion = cluster.usage?.suggestion;
  if (!cluster.usage || cluster.usage.requested_cpu_seconds < LEAST_S) {
    return null;
  }
  return (
    <div className="jp-DaskHpc-Usage">
      <div>{usageTexts(cluster.usage, trans).join(' · ')}</div>
      {suggestion && (
        <div>
          {suggestion.message}{' '}
          <Button
            look="link"
            onClick={() =>
              void runCommand(commands, CommandIDs.launchAgain, {
                id: cluster.id,
                suggested: true
              })
            }
          >
            {trans.__('Launch again with %1', suggestion.workers.memory)}
          </Button>
        </div>
      )}
    </div>
  );
}

/** `0.4 of 8 CPU-hours`, `1.1 GB of 8 GB per worker`, `had tasks 34 % of the time`. */
export function usageTexts(
  usage: NonNullable<Cluster['usage']>,
  trans: TranslationBundle
): string[] {
  const used = trans.__(
    'Used %1 of %2 CPU-hours',
    cpuHours(usage.used_cpu_seconds),
    cpuHours(usage.requested_cpu_seconds)
  );
  const most =
    usage.used_memory === null
      ? []
      : [
          trans.__(
            'at most %1 of %2 per worker',
            memory(usage.used_memory),
            memory(usage.requested_memory)
          )
        ];
  const busy = trans.__('had tasks %1 % of the time', usage.busy_percent);
  // A figure and its unit stay in one line.
  return [used, ...most, busy].map(text =>
    text.replaceAll(/(\d) (?=\S)/g, '$1\u00a0')
  );
}
