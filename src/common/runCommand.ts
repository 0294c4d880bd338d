import { Notification } from '@jupyterlab/apputils';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { errorText } from './error';

/**
 * Run a command for a button; an error goes to `onError`, by default as a notification.
 *
 * @returns whether the command was carried out.
 */
export async function runCommand(
  commands: CommandRegistry,
  command: string,
  args: ReadonlyPartialJSONObject,
  onError: (message: string) => void = message => Notification.error(message)
): Promise<boolean> {
  try {
    await commands.execute(command, args);
    return true;
  } catch (error) {
    onError(errorText(error));
    return false;
  }
}
