/** What else can be done with a cluster: the menu behind the three dots. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import { CommandIDs } from '../tokens';

/** Open the menu under `anchor`. Each item runs the command of that id for the cluster. */
export function openMenu(
  anchor: HTMLElement,
  id: string,
  commands: CommandRegistry,
  trans: TranslationBundle
): void {
  // Shorter labels than in the palette: the card names the cluster already.
  const labelled = new CommandRegistry();
  const menu = new Menu({ commands: labelled });
  const items: [command: string, label: string][] = [
    [CommandIDs.openStatus, trans.__('Open status')],
    [CommandIDs.scale, trans.__('Scale\u2026')],
    [
      CommandIDs.replaceWorkers,
      trans.__('Replace workers before their time limit')
    ],
    [CommandIDs.openScripts, trans.__('Job scripts')],
    [CommandIDs.copyName, trans.__('Copy name')],
    [CommandIDs.launchAgain, trans.__('Launch again')]
  ];
  for (const [command, label] of items) {
    labelled.addCommand(command, {
      label,
      caption: commands.caption(command, { id }),
      isEnabled: () => commands.isEnabled(command, { id }),
      isToggleable: commands.isToggleable(command, { id }),
      isToggled: () => commands.isToggled(command, { id }),
      // JupyterLab's menus draw no mark of their own.
      icon: () => (commands.isToggled(command, { id }) ? checkIcon : undefined),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => commands.execute(command, { id })
    });
    menu.addItem({ command });
  }
  menu.aboutToClose.connect(() => {
    anchor.focus();
    // Its item runs only after it has closed.
    requestAnimationFrame(() => menu.dispose());
  });
  const { left, bottom } = anchor.getBoundingClientRect();
  menu.open(left, bottom);
}
