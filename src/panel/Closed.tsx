/** Clusters that are over, under all others. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretRightIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { useId, useState, type JSX } from 'react';
import type { Cluster } from '../api/schema';
import { clock, count } from '../common/format';
import { ClusterIcon } from '../common/icons';
import { clusterStateLabel } from '../common/labels';
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
  return (
    <section className="jp-DaskHpc-Closed">
      <button
        type="button"
        className="jp-DaskHpc-Closed-title"
        aria-expanded={open}
        aria-controls={list}
        onClick={() => setOpen(!open)}
      >
        <caretRightIcon.react tag="span" width="14px" height="14px" />
        {trans.__('Closed (%1)', count(clusters.length))}
      </button>
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
              <div className="jp-DaskHpc-Card-actions">
                <button
                  type="button"
                  className="jp-DaskHpc-Button"
                  aria-label={trans.__('Logs of %1', cluster.name)}
                  onClick={() =>
                    void commands.execute(CommandIDs.openLogs, {
                      id: cluster.id
                    })
                  }
                >
                  {trans.__('Logs')}
                </button>
                <button
                  type="button"
                  className="jp-DaskHpc-Button"
                  aria-label={trans.__('Launch %1 again', cluster.name)}
                  onClick={() =>
                    void commands.execute(CommandIDs.launchAgain, {
                      id: cluster.id
                    })
                  }
                >
                  {trans.__('Launch again')}
                </button>
              </div>
            </li>
          ))}
      </ul>
    </section>
  );
}
