import { useEffect, useState } from 'react';
import type { IClusterModel, PartialRequest } from '../tokens';

/** Milliseconds from the last change of the form to the request. */
const DELAY_MS = 500;

/**
 * When a cluster would start, in milliseconds since the epoch; null while it
 * is unknown, requested, or not available.
 *
 * @param request - null while there is nothing to ask for.
 */
export function useEstimate(
  model: IClusterModel,
  request: PartialRequest | null
): number | null {
  const [answer, setAnswer] = useState<{ asked: string; at: number | null }>();
  // A name changes nothing about when it starts.
  const asked = request && JSON.stringify({ ...request, name: undefined });

  useEffect(() => {
    if (asked === null) {
      return;
    }
    let current = true;
    const timer = setTimeout(() => {
      model.estimate(JSON.parse(asked) as PartialRequest).then(
        at => current && setAnswer({ asked, at }),
        // A batch system that is silent has no estimate; Launch will tell why.
        () => current && setAnswer({ asked, at: null })
      );
    }, DELAY_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [model, asked]);

  return answer && answer.asked === asked ? answer.at : null;
}
