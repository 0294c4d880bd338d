import { useCallback, useEffect, useState } from 'react';
import type { Profiles } from '../api/schema';
import type { IClusterModel } from '../tokens';

/** The profiles of this site, or why they could not be loaded. */
export interface ProfilesState {
  profiles: Profiles | null;
  error: string;
  again: () => void;
}

/** Ask for the profiles as soon as `wanted`. */
export function useProfiles(
  model: IClusterModel,
  wanted: boolean
): ProfilesState {
  const [profiles, setProfiles] = useState<Profiles | null>(null);
  const [error, setError] = useState('');
  const [attempt, setAttempt] = useState(1);
  const [answered, setAnswered] = useState(0);

  useEffect(() => {
    if (!wanted || answered === attempt) {
      return;
    }
    let current = true;
    model.profiles().then(
      answer => {
        if (current) {
          setProfiles(answer);
          setAnswered(attempt);
        }
      },
      (reason: unknown) => current && setError((reason as Error).message)
    );
    return () => {
      current = false;
    };
  }, [model, wanted, answered, attempt]);

  const again = useCallback(() => {
    setError('');
    setAttempt(number => number + 1);
  }, []);
  return { profiles, error, again };
}
