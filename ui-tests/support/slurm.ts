/** A real Slurm of the tests' own; each of its nodes has two invented GPUs of two models. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PYTHON, run } from './run';

export class Slurm {
  private constructor(readonly folder: string) {}

  static async up(): Promise<Slurm> {
    const folder = await mkdtemp(join(tmpdir(), 'slurm-'));
    const slurm = new Slurm(folder);
    const gpus = ['--gpus', 'a100=2', '--gpus', 'h100=2'];
    const up = ['-m', 'testbed.slurm', 'up', '--folder', folder, ...gpus];
    await run(PYTHON, up);
    return slurm;
  }

  /** What Slurm's commands need to reach it. */
  get environment(): Record<string, string> {
    return { SLURM_CONF: join(this.folder, 'slurm.conf') };
  }

  /** The lines of `squeue`. */
  async queue(): Promise<string[]> {
    const lines = await run(
      'squeue',
      ['-h', '-r', '-o', '%i %j %T'],
      this.environment
    );
    return lines.split('\n').filter(Boolean);
  }

  async down(): Promise<void> {
    const { folder } = this;
    await run(PYTHON, ['-m', 'testbed.slurm', 'down', '--folder', folder]);
    await rm(folder, { recursive: true, force: true });
  }
}
