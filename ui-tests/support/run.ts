/** This checkout, its Python, and commands that run to their end. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

export const CHECKOUT = resolve(__dirname, '../..');
export const PYTHON =
  process.env.DASK_HPC_PYTHON ?? resolve(CHECKOUT, '.venv/bin/python');

/** What a command prints; rejects, with what it says, when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {}
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    cwd: CHECKOUT,
    env: { ...process.env, ...env },
    timeout: 150_000
  });
  return stdout;
}
