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
  // Words of its own: beside a card, the palette's "Dask cluster" would only repeat.
  const words = new CommandRegistry();
  const menu = new Menu({ commands: words });
  const items: [command: string, label: string][] = [
    [CommandIDs.openStatus, trans.__('Open status')],
    [CommandIDs.scale, trans.__('Change number of workers\u2026')],
    [CommandIDs.keepWorkers, trans.__('Keep workers')],
    [CommandIDs.openScripts, trans.__('Job scripts')],
    [CommandIDs.copyName, trans.__('Copy name')],
    [CommandIDs.launchAgain, trans.__('Launch the same again')]
  ];
  for (const [command, label] of items) {
    words.addCommand(command, {
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
