/** Commands that are asked about before they run. */
import type { CommandRegistry } from '@lumino/commands';

type Execute = (
  ...args: Parameters<CommandRegistry['execute']>
) => Promise<unknown>;

/**
 * Let every execution of the commands `ids` pass through `mayRun` first, from
 * wherever it comes: menus, palette, shortcuts and other extensions all call
 * `execute`. When it resolves to false the command is not run. Further calls
 * while it is asked are dropped. Everything else runs as before.
 */
export function guard(
  commands: CommandRegistry,
  ids: readonly string[],
  mayRun: (id: string) => Promise<boolean>
): void {
  const run: Execute = commands.execute.bind(commands);
  let asking = false;

  const askAndRun: Execute = async (id, args) => {
    if (asking) {
      return;
    }
    asking = true;
    const may = await mayRun(id).finally(() => {
      asking = false;
    });
    return may ? run(id, args) : undefined;
  };

  commands.execute = (id, args) =>
    ids.includes(id) ? askAndRun(id, args) : run(id, args);
}
