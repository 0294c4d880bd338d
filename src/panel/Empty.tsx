/** The picture and the three steps in place of a list that is empty. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';

/** Where logs go in the workspace; a name, not a word. */
const LOGS = 'log/';

export interface IEmptyProps {
  trans: TranslationBundle;
  /** Whether some are over: then the steps are known. */
  before: boolean;
}

export function Empty({ trans, before }: IEmptyProps): JSX.Element {
  if (before) {
    return (
      <div className="jp-DaskHpc-Empty">
        <p>{trans.__('No cluster is running. Launch one above.')}</p>
      </div>
    );
  }
  return (
    <div className="jp-DaskHpc-Empty">
      <Picture />
      <strong>{trans.__('No clusters yet')}</strong>
      <p>{trans.__('Launch one above and watch it start here.')}</p>
      <ol>
        <li>
          <b>{trans.__('Launch')}</b>{' '}
          {trans.__('starts a scheduler and its workers as batch jobs.')}
        </li>
        <li>
          <b>{trans.__('Insert cell')}</b>{' '}
          {trans.__('connects your notebook to the cluster.')}
        </li>
        <li>
          <b>{trans.__('Log out')}</b>{' '}
          {trans.__('stops all clusters. The logs stay in')} <code>{LOGS}</code>
          {'.'}
        </li>
      </ol>
    </div>
  );
}

/** A scheduler with five workers: two run, one connects, two wait. */
function Picture(): JSX.Element {
  const places = [8, 33, 58, 83, 108];
  return (
    <svg
      className="jp-DaskHpc-Empty-picture"
      width={126}
      height={58}
      viewBox="0 0 126 58"
      aria-hidden="true"
    >
      <path d="M66 17v11M16 41V28h100v13M41 28v13M66 28v13M91 28v13" />
      <circle cx={66} cy={9} r={7.5} />
      {places.map(x => (
        <path key={x} d={`M${x + 0.75} 41.75h14.5v14.5h-14.5z`} />
      ))}
      <path data-full d="M8 41h16v16H8zM33 41h16v16H33zM58 49h16v8H58z" />
      <path data-half d="M58.75 41.75h14.5v14.5h-14.5z" />
    </svg>
  );
}
