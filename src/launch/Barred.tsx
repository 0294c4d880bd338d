import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import type { Profile } from '../api/schema';
import { pieces } from './ask';

interface Props {
  trans: TranslationBundle;
  profiles: readonly Profile[];
  id?: string;
}

/** Why this user may not launch under some profiles, and whom to ask. */
export function Barred({ trans, profiles, id }: Props): JSX.Element | null {
  const barred = profiles.filter(profile => profile.barred);
  return barred.length === 0 ? null : (
    <ul id={id} className="jp-DaskHpc-Barred">
      {barred.map(({ name, barred: why, ask }) => (
        <li key={name}>
          {why}
          {ask && (
            <>
              {` ${trans.__('Ask:')} `}
              {pieces(ask).map(({ text, href }, place) =>
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
