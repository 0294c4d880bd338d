/** The status's toolbar: which cluster, how it is, and what can be done with it. */
import {
  CommandToolbarButton,
  ReactWidget,
  Toolbar,
  ToolbarButtonComponent,
  addBelowIcon,
  ellipsesIcon,
  stopIcon,
  type LabIcon
} from '@jupyterlab/ui-components';
import { Menu } from '@lumino/widgets';
import { ClusterIcon, dashboardIcon, scaleIcon } from '../common/icons';
import { useSignal } from '../common/useSignal';
import { clusterStateLabel } from '../common/labels';
import { CommandIDs, DOMAIN } from '../tokens';
import { share } from '../common/counts';
import type { IStatusOptions } from './options';

export function fillToolbar(toolbar: Toolbar, options: IStatusOptions): void {
  const { commands, id, translator } = options;
  const trans = translator.load(DOMAIN);
  const args = { id };
  toolbar.addItem('cluster', ReactWidget.create(<Heading {...options} />));
  toolbar.addItem('spacer', Toolbar.createSpacerItem());
  const buttons: [string, string, string, LabIcon][] = [
    [
      'insert-cell',
      CommandIDs.insertCell,
      trans.__('Insert cell'),
      addBelowIcon
    ],
    [
      'dashboard',
      CommandIDs.openDashboard,
      trans.__('Dashboard'),
      dashboardIcon
    ],
    ['scale', CommandIDs.scale, trans.__('Scale'), scaleIcon],
    ['stop', CommandIDs.stop, trans.__('Stop'), stopIcon]
  ];
  for (const [name, command, label, icon] of buttons) {
    toolbar.addItem(
      name,
      new CommandToolbarButton({ commands, id: command, args, label, icon })
    );
  }

  const menu = new Menu({ commands });
  for (const command of [
    CommandIDs.copyName,
    CommandIDs.openScripts,
    CommandIDs.launchAgain
  ]) {
    menu.addItem({ command, args });
  }
  // JupyterLab's ToolbarButton would say that it is pressed or not, which a button that opens a menu never is.
  const more = ReactWidget.create(
    <ToolbarButtonComponent
      icon={ellipsesIcon}
      tooltip={trans.__('More')}
      aria-haspopup="menu"
      onClick={() => {
        const { left, bottom } = more.node.getBoundingClientRect();
        menu.open(left, bottom);
      }}
    />
  );
  more.addClass('jp-ToolbarButton');
  more.disposed.connect(() => menu.dispose());
  toolbar.addItem('more', more);
}

function Heading({ id, model, translator }: IStatusOptions) {
  const trans = translator.load(DOMAIN);
  const cluster = useSignal(model.changed, () => model.get(id));
  if (!cluster) {
    return <></>;
  }
  const { name, state, stale } = cluster;
  return (
    <span className="jp-DaskHpc-StatusHeading">
      <ClusterIcon state={state} stale={stale} share={share(cluster.workers)} />
      <b>{name}</b>
      <span>{clusterStateLabel(state, trans)}</span>
    </span>
  );
}
