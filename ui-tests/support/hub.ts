/** A real JupyterHub with system users of its own, as a child process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Page } from '@playwright/test';
import { processesWith } from './processes';
import { CHECKOUT, PYTHON } from './run';
import type { Slurm } from './slurm';

interface IKnown {
  url: string;
  token: string;
  password: string;
  users: Record<string, { name: string; home: string }>;
}

export class Hub {
  private constructor(
    private readonly _known: IKnown,
    private readonly _process: ChildProcess
  ) {}

  /** Start one; resolves when it answers. */
  static async start(slurm: Slurm, ...options: string[]): Promise<Hub> {
    const child = spawn(PYTHON, ['-m', 'testbed.hub', ...options], {
      cwd: CHECKOUT,
      env: { ...process.env, ...slurm.environment },
      stdio: ['ignore', 'pipe', 'inherit']
    });
    for await (const line of createInterface(child.stdout!)) {
      return new Hub(JSON.parse(line) as IKnown, child);
    }
    throw new Error('The hub did not start.');
  }

  /** Log in as Ada, and come to her JupyterLab, whose server is started. */
  async login(page: Page): Promise<void> {
    await page.goto(`${this._known.url}hub/login?next=/hub/spawn`);
    await page.getByLabel('Username:').fill(this._known.users.ada.name);
    await page.getByLabel('Password:').fill(this._known.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/lab($|\?|\/)/, { timeout: 240_000 });
  }

  /** Whether Ada's server runs. */
  async runs(): Promise<boolean> {
    const { url, token, users } = this._known;
    const answer = await fetch(`${url}hub/api/users/${users.ada.name}`, {
      headers: { Authorization: `token ${token}` }
    });
    const user = (await answer.json()) as { servers: object };
    return Object.keys(user.servers).length > 0;
  }

  /** Processes of Ada's clusters: scheduler, workers and what watches over them. */
  jobProcesses(): Promise<string[]> {
    return processesWith(
      `${this._known.users.ada.home}/.local/share/jupyter/dask-hpc/clusters/`
    );
  }

  /** End it, with its users and all that they run. */
  async end(): Promise<void> {
    const gone = once(this._process, 'exit');
    this._process.kill('SIGTERM');
    await gone;
  }
}
