import { useCallback, useEffect, useState } from 'react';
import type { Profile } from '../api/schema';
import { formFields } from '../common/formFields';
import type { Answers } from '../common/options';
import type { IClusterModel } from '../tokens';

/** How far it is known what the user has of the options of a profile. */
export interface ChoicesState {
  asking: boolean;
  /** Why the server did not answer the last time; empty if it did. */
  failure: string;
  refresh: () => void;
}

/**
 * Ask what the user has of the options of a profile: once, and again after `refresh`.
 *
 * @param visible - nothing is asked for before somebody looks.
 * @param onAnswer - does not change.
 */
export function useChoices(
  model: IClusterModel,
  profile: Profile,
  visible: boolean,
  onAnswer: (profile: string, answers: Answers) => void
): ChoicesState {
  const { name } = profile;
  const [attempts, setAttempts] = useState<Record<string, number>>({});
  const [ended, setEnded] = useState<Record<string, Ended>>({});
  const attempt = attempts[name] ?? 0;
  const wanted =
    visible &&
    ended[name]?.attempt !== attempt &&
    Object.values(formFields(profile)).some(({ dynamic }) => dynamic);

  useEffect(() => {
    if (!wanted) {
      return;
    }
    let current = true;
    const end = (failure: string): void =>
      setEnded(all => ({ ...all, [name]: { attempt, failure } }));
    model.choices(name, attempt > 0).then(
      ({ options }) => {
        if (current) {
          onAnswer(name, options);
          end('');
        }
      },
      (reason: unknown) => current && end((reason as Error).message)
    );
    return () => {
      current = false;
    };
  }, [model, name, wanted, attempt, onAnswer]);

  const refresh = useCallback(
    () => setAttempts(all => ({ ...all, [name]: (all[name] ?? 0) + 1 })),
    [name]
  );
  return { asking: wanted, failure: ended[name]?.failure ?? '', refresh };
}

interface Ended {
  attempt: number;
  failure: string;
}
