/** The cluster's state as the icon of a tab, which Lumino draws and not React. */
import type { VirtualElement } from '@lumino/virtualdom';
import type { ReactElement } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import type { Cluster } from '../api/schema';
import { ClusterIcon } from '../common/icons';
import { share } from '../common/counts';

export class TitleIcon {
  /** A renderer, the same one until something of the icon changes: each new one redraws the tab. */
  of(cluster: Cluster | undefined): VirtualElement.IRenderer | undefined {
    if (!cluster) {
      return undefined;
    }
    const { state, stale } = cluster;
    const step = Math.round(share(cluster.workers) * 20) / 20;
    const seen = [state, stale, step].join();
    if (seen !== this._seen) {
      this._seen = seen;
      this._renderer = rendererOf(
        <ClusterIcon state={state} stale={stale} share={step} />
      );
    }
    return this._renderer;
  }

  private _seen = '';
  private _renderer: VirtualElement.IRenderer | undefined;
}

function rendererOf(icon: ReactElement): VirtualElement.IRenderer {
  const roots = new WeakMap<HTMLElement, Root>();
  return {
    render: host => {
      const root = roots.get(host) ?? createRoot(host);
      roots.set(host, root);
      root.render(icon);
    },
    unrender: host => {
      roots.get(host)?.unmount();
      roots.delete(host);
    }
  };
}
