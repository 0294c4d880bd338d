import { useEffect, useState } from 'react';
import type { IClusterModel } from '../tokens';

/**
 * How many workers a profile allows; null until that is known, and when it is
 * not to be had, since the server checks anyway.
 */
export function useMaxWorkers(
  model: IClusterModel,
  profile: string
): number | null {
  const [most, setMost] = useState<number | null>(null);
  useEffect(() => {
    let current = true;
    model.profiles().then(
      ({ profiles }) => {
        const found = profiles.find(({ name }) => name === profile);
        const workers = found?.schema.properties.workers.properties;
        if (current) {
          setMost(workers?.jobs.maximum ?? null);
        }
      },
      () => undefined
    );
    return () => {
      current = false;
    };
  }, [model, profile]);
  return most;
}
