/** What the user chose of the options at the last launch, kept in JupyterLab's state database. */
import type { IStateDB } from '@jupyterlab/statedb';
import { z } from 'zod';
import type { Values } from './fields';
import type { OptionsByProfile } from './optionValues';

const KEY = 'jupyterlab-dask-hpc:options';

const stored = z.record(z.string(), z.record(z.string(), z.string()));

export class LastChoices {
  constructor(private readonly _state: IStateDB | null) {}

  /** By profile; none where nothing was kept, or by another version. */
  async load(): Promise<OptionsByProfile> {
    const { data } = stored.safeParse(await this._state?.fetch(KEY));
    return data ?? {};
  }

  /** Keep those of one profile in place of what was kept of it. */
  async save(profile: string, options: Partial<Values>): Promise<void> {
    const all = await this.load();
    await this._state?.save(KEY, { ...all, [profile]: { ...options } });
  }
}
