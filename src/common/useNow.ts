/** A clock that draws again. */
import { useEffect, useReducer } from 'react';

/** Draws again every `seconds` and returns `now()`, milliseconds since the epoch. */
export function useNow(now: () => number, seconds: number): number {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    const timer = setInterval(redraw, seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return now();
}
