import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import type { Profile } from '../api/schema';
import { linkify } from './linkify';

interface Props {
  trans: TranslationBundle;
  profiles: readonly Profile[];
  id?: string;
}

/** Why this user may not launch under some profiles, and whom to ask. */
export function AccessDenied({
  trans,
  profiles,
  id
}: Props): JSX.Element | null {
  const denied = profiles.filter(profile => profile.access_denied_reason);
  return denied.length === 0 ? null : (
    <ul id={id} className="jp-DaskHpc-AccessDenied">
      {denied.map(({ name, access_denied_reason: why, ask }) => (
        <li key={name}>
          {why}
          {ask && (
            <>
              {` ${trans.__('Ask:')} `}
              {linkify(ask).map(({ text, href }, place) =>
                href ? (
                  <a
                    key={place}
                    href={href}
                    target="_blank"
                    rel="noopener noreferrer"
                  >
                    {text}
                  </a>
                ) : (
                  text
                )
              )}
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
