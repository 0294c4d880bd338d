import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import type { BrokenProfile } from '../api/schema';

interface Props {
  trans: TranslationBundle;
  broken: readonly BrokenProfile[];
  id?: string;
}

/** The profiles that cannot be used, each with file, line, key and remedy of its mistakes. */
export function BrokenProfiles({
  trans,
  broken,
  id
}: Props): JSX.Element | null {
  return broken.length === 0 ? null : (
    <div id={id} className="jp-DaskHpc-BrokenProfiles">
      {broken.map(({ name, title, file, mistakes }) => (
        <details key={`${name} ${file}`}>
          <summary>
            {trans._n(
              'Profile %2 has a mistake.',
              'Profile %2 has %1 mistakes.',
              mistakes.length,
              title
            )}
          </summary>
          {file && (
            <code className="jp-DaskHpc-BrokenProfiles-file">{file}</code>
          )}
          <ul>
            {mistakes.map(({ line, column, key, message }) => (
              <li key={`${line} ${column} ${key} ${message}`}>
                {line > 0 && `${trans.__('Line %1:', line)} `}
                {key && (
                  <>
                    <code>{key}</code>
                    {': '}
                  </>
                )}
                {message}
              </li>
            ))}
          </ul>
        </details>
      ))}
    </div>
  );
}
