import { useEffect, useState } from 'react';
import { formFields } from '../common/formFields';
import type { IClusterModel } from '../tokens';

/**
 * The largest number of workers that a profile allows; null while it is not known, and where
 * the profiles cannot be loaded: the server checks the number in any case.
 */
export function useMaxWorkers(
  model: IClusterModel,
  profile: string,
  workersPerJob: number
): number | null {
  const [most, setMost] = useState<number | null>(null);
  useEffect(() => {
    let current = true;
    model.profiles().then(
      ({ profiles }) => {
        const found = profiles.find(({ name }) => name === profile);
        if (current && found) {
          // A profile whose workers share the scheduler's job has no such field.
          const jobs = formFields(found)['workers.jobs']?.maximum;
          setMost(jobs === undefined ? null : jobs * workersPerJob);
        }
      },
      () => undefined
    );
    return () => {
      current = false;
    };
  }, [model, profile, workersPerJob]);
  return most;
}
