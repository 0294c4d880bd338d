/** Clusters that are over, under all others. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { useId, useState, type JSX } from 'react';
import { Button } from '../common/Button';
import type { Cluster } from '../api/schema';
import { clock, count } from '../common/format';
import { ClusterIcon } from '../common/icons';
import { clusterStateLabel } from '../common/labels';
import { runCommand } from '../common/runCommand';
import { ScriptLine } from '../common/ScriptLine';
import { UsageLine } from '../common/UsageLine';
import { CommandIDs } from '../tokens';

export interface IClosedProps {
  clusters: readonly Cluster[];
  commands: CommandRegistry;
  trans: TranslationBundle;
  now: number;
}

export function Closed({
  clusters,
  commands,
  trans,
  now
}: IClosedProps): JSX.Element {
  const [open, setOpen] = useState(false);
  const list = useId();
  const actions = [
    {
      command: CommandIDs.openLogs,
      label: trans.__('Logs'),
      name: (cluster: string) => trans.__('Logs of %1', cluster)
    },
    {
      command: CommandIDs.launchAgain,
      label: trans.__('Launch again'),
      name: (cluster: string) => trans.__('Launch %1 again', cluster)
    }
  ];
  return (
    <section className="jp-DaskHpc-Closed">
      <Button
        look="bare"
        icon={open ? caretDownIcon : caretRightIcon}
        className="jp-DaskHpc-Closed-title"
        aria-expanded={open}
        aria-controls={list}
        onClick={() => setOpen(!open)}
      >
        {trans.__('Closed (%1)', count(clusters.length))}
      </Button>
      <ul id={list} hidden={!open}>
        {open &&
          clusters.map(cluster => (
            <li key={cluster.id} data-cluster={cluster.id}>
              <div className="jp-DaskHpc-Closed-name">
                <ClusterIcon state={cluster.state} />
                <span title={cluster.name}>{cluster.name}</span>
                <span>
                  {clusterStateLabel(cluster.state, trans)}{' '}
                  {cluster.closed && clock(Date.parse(cluster.closed), now)}
                </span>
              </div>
              {cluster.reason && (
                <div className="jp-DaskHpc-Closed-reason">{cluster.reason}</div>
              )}
              <ScriptLine cluster={cluster} commands={commands} trans={trans} />
              <UsageLine cluster={cluster} commands={commands} trans={trans} />
              <div className="jp-DaskHpc-Card-actions">
                {actions.map(({ command, label, name }) => (
                  <Button
                    key={command}
                    aria-label={name(cluster.name)}
                    onClick={() =>
                      void runCommand(commands, command, { id: cluster.id })
                    }
                  >
                    {label}
                  </Button>
                ))}
              </div>
            </li>
          ))}
      </ul>
    </section>
  );
}
