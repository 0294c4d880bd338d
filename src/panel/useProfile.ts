import { useEffect, useState } from 'react';
import type { Profile } from '../api/schema';
import type { IClusterModel } from '../tokens';

/**
 * The profile of that name: null while it is not known yet, undefined if the site no longer offers it, or if the
 * profiles cannot be loaded.
 */
export function useProfile(
  model: IClusterModel,
  name: string
): Profile | undefined | null {
  const [profile, setProfile] = useState<Profile | undefined | null>(null);
  useEffect(() => {
    let current = true;
    const set = (found: Profile | undefined) => current && setProfile(found);
    model.profiles().then(
      ({ profiles }) => set(profiles.find(each => each.name === name)),
      () => set(undefined)
    );
    return () => {
      current = false;
    };
  }, [model, name]);
  return profile;
}
