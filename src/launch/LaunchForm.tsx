import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import { Button } from '../common/Button';
import type { Cluster } from '../api/schema';
import { warnIcon } from '../common/icons';
import { useSlow } from '../common/useSlow';
import type { IClusterModel } from '../tokens';
import { AccessDenied } from './AccessDenied';
import { BrokenProfiles } from './BrokenProfiles';
import type { LastChoices } from './lastChoices';
import { ProfilesForm } from './ProfilesForm';
import type { FormPrefill } from './useForm';
import { useProfiles } from './useProfiles';

interface Props {
  model: IClusterModel;
  trans: TranslationBundle;
  lastChoices: LastChoices;
  workspace: () => string;
  /** Nothing is asked of the server before the form is seen. */
  visible: boolean;
  prefill: FormPrefill | null;
  onPrefilled: () => void;
  onLaunched: (cluster: Cluster) => void;
}

/** The form, once it is known what the site offers. */
export function LaunchForm(props: Props): JSX.Element | null {
  const { model, trans, visible, prefill } = props;
  const { profiles, error, again } = useProfiles(
    model,
    visible || prefill !== null
  );
  const slow = useSlow(visible && !profiles && !error);

  if (profiles?.profiles.length === 0) {
    return (
      <div className="jp-DaskHpc-LaunchForm">
        {profiles.broken.length === 0
          ? trans.__(
              'This site has no profile. Ask its administrator to add one.'
            )
          : trans.__(
              'No profile of this site can be used. Ask its administrator to correct them.'
            )}
        <BrokenProfiles trans={trans} broken={profiles.broken} />
      </div>
    );
  }
  if (profiles?.profiles.every(profile => profile.access_denied_reason)) {
    return (
      <div className="jp-DaskHpc-LaunchForm">
        <strong>{trans.__('You cannot use any profile of this site')}</strong>
        <AccessDenied trans={trans} profiles={profiles.profiles} />
        <BrokenProfiles trans={trans} broken={profiles.broken} />
        <div className="jp-DaskHpc-LaunchForm-buttons">
          <Button onClick={again}>{trans.__('Check again')}</Button>
        </div>
      </div>
    );
  }
  if (profiles) {
    return <ProfilesForm {...props} profiles={profiles} />;
  }
  if (error) {
    return (
      <div className="jp-DaskHpc-LaunchForm" role="alert">
        <div className="jp-DaskHpc-FormError">
          <warnIcon.react tag="span" className="jp-DaskHpc-FormError-icon" />
          <span>
            {trans.__('The profiles of this site could not be loaded.')} {error}
          </span>
        </div>
        <div className="jp-DaskHpc-LaunchForm-buttons">
          <Button onClick={again}>{trans.__('Try again')}</Button>
        </div>
      </div>
    );
  }
  return slow ? (
    <div className="jp-DaskHpc-LaunchForm" role="status">
      {trans.__('Loading')}
    </div>
  ) : null;
}
