/** What jsdom lacks and JupyterLab's packages ask for when they are loaded. */
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

class FakeDragEvent extends MouseEvent {
  readonly dataTransfer = null;
}

function matchMedia(media: string): MediaQueryList {
  return Object.assign(new EventTarget(), {
    media,
    matches: false,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined
  }) as MediaQueryList;
}

class FakeResizeObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

Object.assign(globalThis, {
  DragEvent: globalThis.DragEvent ?? FakeDragEvent,
  ResizeObserver: globalThis.ResizeObserver ?? FakeResizeObserver,
  requestIdleCallback: (callback: IdleRequestCallback) =>
    setTimeout(
      () => callback({ didTimeout: false, timeRemaining: () => 50 }),
      0
    ),
  cancelIdleCallback: (handle: number) => clearTimeout(handle)
});
window.matchMedia ??= matchMedia;
Element.prototype.scrollIntoView ??= () => undefined;

// A busy machine is no failure.
configure({ asyncUtilTimeout: 15_000 });

afterEach(() => {
  cleanup();
});
