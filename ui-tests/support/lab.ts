/** A real `jupyter lab` with everything of its own, as a child process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from './processes';
import { CHECKOUT, PYTHON, run } from './run';

export interface ILabOptions {
  /** The batch system's variables; none: local processes. */
  slurm?: { environment: Record<string, string> };
  /** Changes of the profile cc-in2p3, as `python -m testbed.profile --set` takes them. */
  profile?: readonly string[];
  /** Further profiles: the text of the file of each, by name. */
  others?: Readonly<Record<string, string>>;
  /** Log in with a password instead of a token. */
  password?: string;
}

/** The user's own settings of Dask: those of testbed/dask.py. */
const FEW_TICKS = `\
distributed:
  admin: {tick: {interval: 500ms}}
  worker: {profile: {interval: 500ms}}
`;

interface ICluster {
  id: string;
  name: string;
  state: string;
  scheduler: { job: string };
  workers: { running: number; connected: number };
}

export class Lab {
  private constructor(
    readonly folder: string,
    readonly url: string,
    readonly token: string,
    private readonly _process: ChildProcess
  ) {}

  /** Start one; resolves when it answers. */
  static async start(options: ILabOptions = {}): Promise<Lab> {
    const folder = await mkdtemp(join(tmpdir(), 'lab-'));
    const workspace = join(folder, 'work');
    const news = join(
      folder,
      'config/lab/user-settings/@jupyterlab/apputils-extension'
    );
    for (const each of [
      workspace,
      join(folder, 'home'),
      join(folder, 'tmp'),
      news
    ]) {
      await mkdir(each, { recursive: true });
    }
    const dask = join(folder, 'home/.config/dask');
    await mkdir(dask, { recursive: true });
    await writeFile(join(dask, 'tests.yaml'), FEW_TICKS);
    await writeFile(
      join(news, 'notification.jupyterlab-settings'),
      '{"fetchNews": "false", "checkForUpdates": false}'
    );
    let profile = 'local';
    if (options.slurm || options.profile) {
      profile = join(folder, 'cc-in2p3.json');
      const changes = (options.profile ?? []).flatMap(each => ['--set', each]);
      const make = ['-m', 'testbed.profile', '--shared', workspace, ...changes];
      await writeFile(profile, await run(PYTHON, make));
    }
    const others: string[] = [];
    for (const [name, text] of Object.entries(options.others ?? {})) {
      others.push(join(folder, `${name}.json`));
      await writeFile(others[others.length - 1], text);
    }
    const port = await freePort();
    const token = options.password ? '' : randomBytes(24).toString('hex');
    const args = [
      '-m',
      'jupyterlab',
      '--no-browser',
      '--allow-root',
      '--LabApp.expose_app_in_browser=True',
      '--ServerApp.ip=127.0.0.1',
      `--ServerApp.port=${port}`,
      '--ServerApp.port_retries=0',
      '--ServerApp.base_url=/user/ada/',
      `--ServerApp.root_dir=${workspace}`,
      `--IdentityProvider.token=${token}`,
      ...[profile, ...others].map(each => `--DaskHpc.profiles=${each}`),
      `--DaskHpc.state_folder=${join(folder, 'state')}`,
      // Loaded when it is asked for, not beside the scheduler's first work: it takes as long as the scheduler's start.
      '--DaskHpc.job_limits=dashboard_load=600'
    ];
    if (options.password) {
      const hash = await run(PYTHON, [
        '-c',
        'import sys; from jupyter_server.auth import passwd; print(passwd(sys.argv[1]))',
        options.password
      ]);
      args.push(`--PasswordIdentityProvider.hashed_password=${hash.trim()}`);
    }
    const log = openSync(join(folder, 'server.log'), 'a');
    const child = spawn(PYTHON, args, {
      cwd: workspace,
      env: {
        ...withoutJupyter(process.env),
        ...options.slurm?.environment,
        HOME: join(folder, 'home'),
        TMPDIR: join(folder, 'tmp'),
        JUPYTER_CONFIG_DIR: join(folder, 'config'),
        JUPYTER_DATA_DIR: join(folder, 'data'),
        JUPYTER_RUNTIME_DIR: join(folder, 'runtime')
      },
      stdio: ['ignore', log, log]
    });
    const url = `http://127.0.0.1:${port}/user/ada/`;
    const lab = new Lab(folder, url, token, child);
    try {
      await lab._answers();
    } catch (error) {
      await lab.end();
      throw error;
    }
    return lab;
  }

  /** The folder that JupyterLab shows. */
  get workspace(): string {
    return join(this.folder, 'work');
  }

  log(): Promise<string> {
    return readFile(join(this.folder, 'server.log'), 'utf8');
  }

  /** Call the extension's own REST, with the server's token. */
  async call(
    method: string,
    path: string,
    body?: unknown
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${this.url}jupyterlab-dask-hpc/${path}`, {
      method,
      headers: { Authorization: `token ${this.token}` },
      body: body === undefined ? undefined : JSON.stringify(body)
    });
    return { status: response.status, body: await response.json() };
  }

  async clusters(): Promise<ICluster[]> {
    return (await this.call('GET', 'clusters')).body.clusters as ICluster[];
  }

  /** Processes of this server's clusters: scheduler, workers and what watches over them. */
  jobProcesses(): Promise<string[]> {
    const state = join(this.folder, 'state');
    return processesWith(`${state}/clusters/`, `${state}/local/`);
  }

  /** Put the example and its data there: without its first and last cell, and with one that reads everything at once. */
  async addExample(rows: number): Promise<void> {
    const people = join(CHECKOUT, 'examples/make_people.py');
    const data = join(this.workspace, 'data');
    await run(PYTHON, [people, data, '--rows', String(rows)]);
    const file = join(CHECKOUT, 'examples/extremes.ipynb');
    const notebook = JSON.parse(await readFile(file, 'utf8'));
    notebook.cells = [
      ...notebook.cells.filter(
        ({ id }: { id: string }) => id !== 'connect' && id !== 'alone'
      ),
      {
        cell_type: 'code',
        id: 'alone',
        metadata: {},
        execution_count: null,
        outputs: [],
        source: PANDAS_ALONE
      }
    ];
    await writeFile(
      join(this.workspace, 'extremes.ipynb'),
      JSON.stringify(notebook)
    );
  }

  signal(name: NodeJS.Signals): void {
    this._process.kill(name);
  }

  get ended(): boolean {
    return this._process.exitCode !== null || this._process.signalCode !== null;
  }

  /** Stop it as an operator would, and remove its folder. Resolves with what it left running, which is ended as well. */
  async end(): Promise<string[]> {
    if (!this.ended) {
      const gone = once(this._process, 'exit');
      this._process.kill('SIGTERM');
      const limit = sleep(60_000, null, { ref: false });
      if ((await Promise.race([gone, limit])) === null) {
        this._process.kill('SIGKILL');
        await gone;
      }
    }
    // Kernels and jobs may still be on their way out.
    const until = Date.now() + 30_000;
    let left = await processesWith(`${this.folder}/`);
    while (left.length > 0 && Date.now() < until) {
      await sleep(200);
      left = await processesWith(`${this.folder}/`);
    }
    for (const each of left) {
      try {
        process.kill(parseInt(each), 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
    return left;
  }

  private async _answers(): Promise<void> {
    const until = Date.now() + 90_000;
    while (!this.ended && Date.now() < until) {
      try {
        if ((await fetch(`${this.url}api`)).ok) {
          return;
        }
      } catch {
        // Not yet.
      }
      await sleep(100);
    }
    throw new Error(`JupyterLab did not start:\n${await this.log()}`);
  }
}

const PANDAS_ALONE = `\
from glob import glob

everybody = pd.concat([pd.read_csv(file) for file in sorted(glob("data/people-*.csv"))], ignore_index=True)
alone = extremes(everybody[["name", "latitude", "longitude"]])
print(alone.to_csv())
print("as pandas alone:", result.to_csv() == alone.to_csv(), "of", len(everybody))`;

function withoutJupyter(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign =
    /^(JUPYTER|DASK_(?!HPC_TEST_RUN)|SLURM|SBATCH|SQUEUE|PYTHONPATH)/;
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !foreign.test(name))
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
