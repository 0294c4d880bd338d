/** One Tab stop for several buttons; arrows move between them. */
import { useState, type FocusEvent, type KeyboardEvent } from 'react';

export interface IRoving {
  /** For what holds the buttons. */
  container: {
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
    onFocus: (event: FocusEvent<HTMLElement>) => void;
  };
  /** For each button; `name` tells it from the others. */
  button: (name: string) => { 'data-roving': string; tabIndex: number };
}

/** @param first - the button that Tab goes to before any was used */
export function useRoving(first: string): IRoving {
  const [current, setCurrent] = useState(first);
  return {
    container: {
      onKeyDown: event => {
        const buttons = [
          ...event.currentTarget.querySelectorAll<HTMLElement>('[data-roving]')
        ];
        const from = buttons.indexOf(event.target as HTMLElement);
        const to = target(event.key, from, buttons.length);
        if (from >= 0 && to !== null) {
          event.preventDefault();
          buttons[to].focus();
        }
      },
      onFocus: event => {
        const name = event.target.dataset['roving'];
        if (name) {
          setCurrent(name);
        }
      }
    },
    button: name => ({
      'data-roving': name,
      tabIndex: name === current ? 0 : -1
    })
  };
}

function target(key: string, from: number, length: number): number | null {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return (from + 1) % length;
    case 'ArrowLeft':
    case 'ArrowUp':
      return (from + length - 1) % length;
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return null;
  }
}
