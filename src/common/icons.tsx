/**
 * The signs for states: a cluster is round, a job is square. Every one differs
 * by shape, not by colour alone.
 */
import { LabIcon } from '@jupyterlab/ui-components';
import type { JSX } from 'react';
import type { ClusterState, JobState } from '../api/schema';

const svg = (body: string, size = 16) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 ${size} ${size}">${body}</svg>`;

/** A scheduler and its workers. */
export const daskIcon = new LabIcon({
  name: 'jupyterlab-dask-hpc:dask',
  svgstr: svg(
    `<g class="jp-icon3 jp-icon-selectable" fill="#616161">
      <circle cx="12" cy="5.2" r="3.2"/>
      <path d="M11.25 8h1.5v3h6.5a.75.75 0 0 1 .75.75V15h-1.5v-2.5h-5.75V15h-1.5v-2.5H5.5V15H4v-3.25a.75.75 0 0 1 .75-.75h6.5z"/>
      <path d="M2 15h5.5v5.5H2zM9.25 15h5.5v5.5h-5.5zM16.5 15H22v5.5h-5.5z"/>
    </g>`,
    24
  )
});

export const warnIcon = new LabIcon({
  name: 'jupyterlab-dask-hpc:warn',
  svgstr: svg(
    `<path class="jp-DaskHpc-fill-warn" d="M8 1.8 15 14H1z"/>
     <path class="jp-DaskHpc-fill-ground" d="M7.3 6h1.4v4H7.3zM7.3 11h1.4v1.4H7.3z"/>`
  )
});

export const failIcon = new LabIcon({
  name: 'jupyterlab-dask-hpc:fail',
  svgstr: svg(
    `<circle class="jp-DaskHpc-fill-fail" cx="8" cy="8" r="7"/>
     <path class="jp-DaskHpc-stroke-ground" d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" stroke-width="1.8" fill="none"/>`
  )
});

export const clockIcon = new LabIcon({
  name: 'jupyterlab-dask-hpc:clock',
  svgstr: svg(
    `<g class="jp-DaskHpc-stroke-wait" fill="none" stroke-width="1.4">
      <circle cx="8" cy="8" r="6.3"/><path d="M8 4.3V8l2.5 1.6"/>
    </g>`
  )
});

export const dashboardIcon = new LabIcon({
  name: 'jupyterlab-dask-hpc:dashboard',
  svgstr: svg(
    `<path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M2 9h3v5H2zM6.5 2h3v12h-3zM11 6h3v8h-3z"/>`
  )
});

export const scaleIcon = new LabIcon({
  name: 'jupyterlab-dask-hpc:scale',
  svgstr: svg(
    `<path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M9.5 2H14v4.5h-1.4V4.4L9.7 7.3l-1-1 2.9-2.9H9.5zM6.5 14H2V9.5h1.4v2.1l2.9-2.9 1 1-2.9 2.9h2.1z"/>`
  )
});

export interface IClusterIconProps {
  state: ClusterState;
  /** Whether the state is only the last that is known. */
  stale?: boolean;
  /** The share of the workers that run, from 0 to 1, drawn while it starts. */
  share?: number;
}

/** Round, 16 px. Hidden from screen readers: the name of the state is beside it. */
export function ClusterIcon({
  state,
  stale,
  share = 0
}: IClusterIconProps): JSX.Element {
  return (
    <svg
      className="jp-DaskHpc-ClusterIcon"
      data-state={stale ? 'stale' : state}
      width={16}
      height={16}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {stale ? <Unknown /> : <Round state={state} share={share} />}
    </svg>
  );
}

function Unknown(): JSX.Element {
  return (
    <>
      <circle
        className="jp-DaskHpc-ring"
        cx={8}
        cy={8}
        r={6.5}
        strokeDasharray="2.4 1.7"
      />
      <path
        className="jp-DaskHpc-line"
        d="M6 6.6a2 2 0 1 1 2.9 1.8c-.6.3-.9.6-.9 1.2"
      />
      <path className="jp-DaskHpc-face" d="M7.3 10.8h1.4v1.4H7.3z" />
    </>
  );
}

function Round({
  state,
  share
}: {
  state: ClusterState;
  share: number;
}): JSX.Element {
  switch (state) {
    case 'requested':
    case 'queued':
      return (
        <>
          <circle className="jp-DaskHpc-ring" cx={8} cy={8} r={6.3} />
          <path className="jp-DaskHpc-line" d="M8 4.4V8l2.4 1.5" />
        </>
      );
    case 'starting':
      return (
        <>
          <circle
            className="jp-DaskHpc-ring"
            cx={8}
            cy={8}
            r={5.7}
            strokeWidth={2.8}
          />
          <circle
            className="jp-DaskHpc-arc"
            cx={8}
            cy={8}
            r={5.7}
            pathLength={100}
            strokeDasharray={`${100 * share} 100`}
            transform="rotate(-90 8 8)"
          />
        </>
      );
    case 'running':
      return (
        <>
          <circle className="jp-DaskHpc-face" cx={8} cy={8} r={7} />
          <path className="jp-DaskHpc-cut" d="m4.6 8.2 2.3 2.3 4.4-4.6" />
        </>
      );
    case 'closing':
    case 'closed':
      return (
        <>
          <circle className="jp-DaskHpc-ring" cx={8} cy={8} r={6.3} />
          <path className="jp-DaskHpc-face" d="M5.5 5.5h5v5h-5z" />
        </>
      );
    case 'failed':
      return (
        <>
          <circle className="jp-DaskHpc-face" cx={8} cy={8} r={7} />
          <path className="jp-DaskHpc-cut" d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" />
        </>
      );
  }
}

export interface IJobIconProps {
  state: JobState;
  /** Pixels; 10 unless said otherwise. */
  size?: number;
  stale?: boolean;
}

/** Square. Hidden from screen readers: the name of the state is beside it. */
export function JobIcon({
  state,
  size = 10,
  stale
}: IJobIconProps): JSX.Element {
  return (
    <svg
      className="jp-DaskHpc-JobIcon"
      data-state={state}
      data-stale={stale || undefined}
      width={size}
      height={size}
      viewBox="0 0 10 10"
      aria-hidden="true"
    >
      <Square state={state} />
    </svg>
  );
}

function Square({ state }: { state: JobState }): JSX.Element {
  const outline = <path className="jp-DaskHpc-ring" d="M.5.5h9v9h-9z" />;
  const full = <path className="jp-DaskHpc-face" d="M0 0h10v10H0z" />;
  switch (state) {
    case 'pending':
      return outline;
    case 'connecting':
      return (
        <>
          {outline}
          <path className="jp-DaskHpc-face" d="M0 5h10v5H0z" />
        </>
      );
    case 'running':
      return full;
    case 'ending':
      return (
        <>
          {outline}
          <path className="jp-DaskHpc-face" d="M2 4.2h6v1.6H2z" />
        </>
      );
    case 'ended':
      return <path className="jp-DaskHpc-face" d="M3 3h4v4H3z" />;
    case 'failed':
      return (
        <>
          {full}
          <path className="jp-DaskHpc-cut" d="m2.5 2.5 5 5m0-5-5 5" />
        </>
      );
  }
}
