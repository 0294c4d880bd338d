import { useEffect, useRef, useState } from 'react';
import type { Free } from '../api/schema';
import type { IClusterModel, PartialRequest } from '../tokens';

/** Milliseconds between two requests: the server keeps its answers for as long. */
const INTERVAL_MS = 30_000;

/**
 * What is free for the jobs of a request; null while that is unknown.
 *
 * @param request - null while there is nothing to ask for, or nobody looks.
 */
export function useFree(
  model: IClusterModel,
  request: PartialRequest | null
): Free {
  const [answer, setAnswer] = useState<{ asked: string; free: Free }>();
  const latest = useRef(request);
  useEffect(() => {
    latest.current = request ?? latest.current;
  });
  // Nothing else in a request changes what there is.
  const asked =
    request && JSON.stringify([request.profile, request.options ?? {}]);

  useEffect(() => {
    if (asked === null) {
      return;
    }
    let current = true;
    const ask = () =>
      model.free(latest.current ?? { profile: '' }).then(
        free => current && setAnswer({ asked, free }),
        // What is wrong with the request is shown at its field.
        () => current && setAnswer({ asked, free: null })
      );
    void ask();
    const timer = setInterval(() => void ask(), INTERVAL_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [model, asked]);

  return answer && answer.asked === asked ? answer.free : null;
}
