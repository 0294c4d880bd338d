import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import { type JSX, useId } from 'react';
import type { Profile } from '../api/schema';
import type { FieldError } from '../common/fieldError';
import { Labelled, Note } from '../common/FormField';
import { AccessDenied } from './AccessDenied';
import { fixedOptions } from './fixedOptions';

interface Props {
  trans: TranslationBundle;
  profiles: readonly Profile[];
  chosen: Profile;
  error?: FieldError;
  onChoose: (profile: Profile) => void;
}

/** The choice of a profile, and under it what that one fixes, and which others are for whom. */
export function ProfileField(props: Props): JSX.Element {
  const { trans, profiles, chosen, error, onChoose } = props;
  const id = useId();
  return (
    <Labelled id={id} name="profile" label={trans.__('Profile')}>
      <div className="jp-DaskHpc-Select">
        <HTMLSelect
          id={id}
          name="profile"
          defaultStyle={false}
          iconProps={{ top: '6px', right: '6px' }}
          value={chosen.name}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-note ${id}-denied`}
          onChange={event => {
            const name = event.target.value;
            const profile = profiles.find(each => each.name === name);
            if (profile) {
              onChoose(profile);
            }
          }}
        >
          {profiles.map(profile => (
            <option
              key={profile.name}
              value={profile.name}
              disabled={Boolean(profile.access_denied_reason)}
            >
              {profile.title || profile.name}
            </option>
          ))}
        </HTMLSelect>
      </div>
      <Note
        id={`${id}-note`}
        trans={trans}
        error={error}
        limit={fixedOptions(chosen, trans)}
      />
      <AccessDenied id={`${id}-denied`} trans={trans} profiles={profiles} />
    </Labelled>
  );
}
