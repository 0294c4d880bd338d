/** A value that a signal announces, read in a React component. */
import type { ISignal } from '@lumino/signaling';
import { useEffect, useReducer } from 'react';

/** Renders again whenever `signal` is emitted, and returns the value of `read`. */
export function useSignal<S, A, V>(signal: ISignal<S, A>, read: () => V): V {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    const slot = () => redraw();
    signal.connect(slot);
    // What was emitted between the first drawing and this effect.
    redraw();
    return () => {
      signal.disconnect(slot);
    };
  }, [signal]);
  return read();
}
