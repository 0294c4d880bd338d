/** What is asked before clusters are stopped by leaving. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import type { Cluster } from '../api/schema';
import { share } from '../common/counts';
import { count } from '../common/format';
import { ClusterIcon } from '../common/icons';
import { clusterStateLabel, jobsLabel, runningLabel } from '../common/labels';
import { scriptName } from '../common/scriptName';
import { DOMAIN } from '../tokens';

/** The two ways to leave that stop clusters. */
export type Way = 'logout' | 'shutdown';

/** Clusters that are named; of more, one fewer and the number of the rest. */
const MAX_NAMES = 6;

/**
 * Ask; true when the user means it.
 *
 * @param clusters - those that would be stopped, at least one.
 * @param scripts - clusters that run a script, which continue.
 */
export async function askToLeave(
  way: Way,
  clusters: readonly Cluster[],
  scripts: readonly Cluster[],
  translator: ITranslator
): Promise<boolean> {
  const trans = translator.load(DOMAIN);
  const { button } = await showDialog({
    title: title(way, clusters.length, trans),
    body: (
      <Leaving
        way={way}
        clusters={clusters}
        scripts={scripts}
        translator={translator}
      />
    ),
    buttons: [
      Dialog.cancelButton(),
      Dialog.warnButton({
        label:
          way === 'logout'
            ? trans.__('Stop and Log Out')
            : trans.__('Stop and Shut Down')
      })
    ],
    defaultButton: 0
  });
  return button.accept;
}

/**
 * Say what continues, and ask; true when the user means it.
 *
 * @param scripts - clusters that run a script, at least one; no other cluster is alive.
 */
export async function askToLeaveScripts(
  way: Way,
  scripts: readonly Cluster[],
  translator: ITranslator
): Promise<boolean> {
  const trans = translator.load(DOMAIN);
  const { button } = await showDialog({
    title: way === 'logout' ? trans.__('Log out?') : trans.__('Shut down?'),
    body: <Continuing scripts={scripts} trans={trans} />,
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({
        label: way === 'logout' ? trans.__('Log Out') : trans.__('Shut Down')
      })
    ]
  });
  return button.accept;
}

function title(way: Way, number: number, trans: TranslationBundle): string {
  return way === 'logout'
    ? trans._n(
        'Stop %1 cluster and log out?',
        'Stop %1 clusters and log out?',
        number
      )
    : trans._n(
        'Stop %1 cluster and shut down?',
        'Stop %1 clusters and shut down?',
        number
      );
}

/** What is lost, what stays, and the clusters by name. */
export function Leaving(props: {
  way: Way;
  clusters: readonly Cluster[];
  scripts?: readonly Cluster[];
  translator: ITranslator;
}): JSX.Element {
  const { way, clusters, scripts = [] } = props;
  const trans = props.translator.load(DOMAIN);
  const named =
    clusters.length > MAX_NAMES ? clusters.slice(0, MAX_NAMES - 1) : clusters;
  const more = clusters.length - named.length;
  return (
    <div className="jp-DaskHpc-Leaving">
      <p>
        {way === 'logout'
          ? withFolder(
              trans._n(
                'Logging out cancels the jobs of this cluster. Results in the memory of its workers are lost. The logs stay in %2.',
                'Logging out cancels the jobs of these clusters. Results in the memory of their workers are lost. The logs stay in %2.',
                clusters.length,
                MARK
              )
            )
          : withFolder(
              trans._n(
                'Shutting down cancels the jobs of this cluster. Results in the memory of its workers are lost. The logs stay in %2.',
                'Shutting down cancels the jobs of these clusters. Results in the memory of their workers are lost. The logs stay in %2.',
                clusters.length,
                MARK
              )
            )}
      </p>
      <ul>
        {named.map(cluster => (
          <li key={cluster.id}>
            <ClusterIcon
              state={cluster.state}
              stale={cluster.stale}
              share={share(cluster.workers)}
            />
            <span className="jp-DaskHpc-Leaving-name" title={cluster.name}>
              {cluster.name}
            </span>
            <span className="jp-DaskHpc-Leaving-state">
              {cluster.workers.running
                ? runningLabel(cluster.workers, trans)
                : clusterStateLabel(cluster.state, trans)}
              {cluster.jobs && ` (${jobsLabel(cluster, trans)})`}
            </span>
          </li>
        ))}
        {more > 0 && <li>{trans.__('and %1 more', count(more))}</li>}
      </ul>
      {scripts.length > 0 && <Scripts scripts={scripts} trans={trans} />}
    </div>
  );
}

/** Which scripts continue, and how they end. */
export function Continuing(props: {
  scripts: readonly Cluster[];
  trans: TranslationBundle;
}): JSX.Element {
  const { scripts, trans } = props;
  return (
    <div className="jp-DaskHpc-Leaving">
      <Scripts {...props} />
      <p>
        {trans._n(
          'Its cluster ends with it, and can be stopped here after you have logged in again.',
          'Their clusters end with them, and can be stopped here after you have logged in again.',
          scripts.length
        )}
      </p>
    </div>
  );
}

function Scripts(props: {
  scripts: readonly Cluster[];
  trans: TranslationBundle;
}): JSX.Element {
  const { scripts, trans } = props;
  return (
    <p>
      {trans._n(
        'This script continues: %2.',
        'These %1 scripts continue: %2.',
        scripts.length,
        scripts.map(scriptName).join(', ')
      )}
    </p>
  );
}

const MARK = '\u0001';
const FOLDER = 'log/';

function withFolder(sentence: string): JSX.Element {
  const [before, after] = sentence.split(MARK);
  return (
    <>
      {before}
      <code>{FOLDER}</code>
      {after}
    </>
  );
}
