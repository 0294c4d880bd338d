import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import { type JSX, useId } from 'react';
import type { BrokenProfile, Profile } from '../api/schema';
import type { FieldError } from '../common/fieldError';
import { Labelled, Note } from '../common/FormField';
import { AccessDenied } from './AccessDenied';
import { BrokenProfiles } from './BrokenProfiles';
import { fixedOptions } from './fixedOptions';

interface Props {
  trans: TranslationBundle;
  profiles: readonly Profile[];
  broken: readonly BrokenProfile[];
  chosen: Profile;
  error?: FieldError;
  onChoose: (profile: Profile) => void;
}

/** The choice of a profile, and under it what that one fixes, which others are for whom, and which are broken. */
export function ProfileField(props: Props): JSX.Element {
  const { trans, profiles, broken, chosen, error, onChoose } = props;
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
          aria-describedby={`${id}-note ${id}-denied ${id}-broken`}
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
          {broken.map(({ name, title, file }) => (
            <option key={`${name} ${file}`} value={`${name} ${file}`} disabled>
              {trans.__('%1 (has mistakes)', title)}
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
      <BrokenProfiles id={`${id}-broken`} trans={trans} broken={broken} />
    </Labelled>
  );
}
