import { nullTranslator } from '@jupyterlab/translation';
import { expect, it } from 'vitest';
import { makeProfiles } from '../testing/samples';
import { fixedOptions } from './fixedOptions';

const trans = nullTranslator.load('');
const [profile] = makeProfiles().profiles;

it.each([
  [['partition dask'], ['partition dask'], 'Slurm, partition dask'],
  [
    ['partition dask'],
    ['partition htc', 'QOS long'],
    'Slurm, partition dask; scheduler: partition htc, QOS long'
  ],
  [[], ['partition htc'], 'Slurm; scheduler: partition htc'],
  [['partition dask'], [], 'Slurm, partition dask'],
  [[], [], 'Slurm']
])('of workers %j and scheduler %j', (workers, scheduler, line) => {
  const options = { workers, scheduler };
  expect(fixedOptions({ ...profile, options }, trans)).toBe(line);
});
