/** Commands that are asked about before they run. */
import type { CommandRegistry } from '@lumino/commands';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';

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
): IDisposable {
  const original = commands.execute;
  let asking = false;
  const guarded: CommandRegistry['execute'] = async (id, args) => {
    if (!ids.includes(id)) {
      return original.call(commands, id, args);
    }
    if (asking) {
      return;
    }
    asking = true;
    try {
      if (!(await mayRun(id))) {
        return;
      }
    } finally {
      asking = false;
    }
    return original.call(commands, id, args);
  };
  commands.execute = guarded;
  return new DisposableDelegate(() => {
    // Not when somebody else has wrapped it since.
    if (commands.execute === guarded) {
      commands.execute = original;
    }
  });
}
