/** What runs on this machine, as /proc tells it. */
import { readdir, readFile, readlink } from 'node:fs/promises';

/** The commands of all processes that have `text` in their command line, environment or working folder. */
export async function processesWith(
  ...texts: readonly string[]
): Promise<string[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async pid => {
      try {
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
        const folder = await readlink(`/proc/${pid}/cwd`);
        const all = [command, environment, `${folder}/`].join('\0');
        return texts.some(text => all.includes(text)) && command
          ? `${pid} ${command.replaceAll('\0', ' ').trim()}`
          : null;
      } catch {
        // It has ended meanwhile.
        return null;
      }
    })
  );
  return found.filter(each => each !== null);
}
