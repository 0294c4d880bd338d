import type { TranslationBundle } from '@jupyterlab/translation';
import {
  Fragment,
  useEffect,
  useRef,
  useState,
  type FormEvent,
  type JSX
} from 'react';
import { Button } from '../common/Button';
import type { Cluster, Profiles } from '../api/schema';
import { keepFocus } from '../common/FormField';
import { formFields, type FieldPath } from '../common/formFields';
import { failIcon } from '../common/icons';
import { isOption } from '../common/options';
import { useSlow } from '../common/useSlow';
import type { IClusterModel } from '../tokens';
import { AnyField } from './AnyField';
import { Disclosure } from './Disclosure';
import { isChanged } from './formValues';
import type { LastChoices } from './lastChoices';
import { showScripts } from './preview';
import { ProfileCheck } from './ProfileCheck';
import { ProfileField } from './ProfileField';
import { isOneJob } from './shares';
import { Splits } from './Splits';
import { Summary } from './Summary';
import { useForm, type FormPrefill } from './useForm';

interface Props {
  model: IClusterModel;
  trans: TranslationBundle;
  profiles: Profiles;
  lastChoices: LastChoices;
  workspace: () => string;
  visible: boolean;
  prefill: FormPrefill | null;
  onPrefilled: () => void;
  onLaunched: (cluster: Cluster) => void;
}

/** The form itself: fields, what they add up to, Preview and Launch. */
export function ProfilesForm(props: Props): JSX.Element {
  const { model, trans, profiles, visible } = props;
  const live = useForm({
    ...props,
    onPreview: ({ scripts }) => showScripts(scripts, trans)
  });
  const { form, values, shown, wrong } = live;
  const element = useRef<HTMLFormElement>(null);
  const [open, setOpen] = useState(false);
  const slow = useSlow(live.busy !== null);
  const fields = formFields(form.profile);
  const others = Object.keys(fields).filter(path => path !== 'name');
  const first = others.filter(path => path === 'script' && form.forScript);
  const plain = others.filter(path => !fields[path].advanced);
  const advanced = others.filter(
    path => fields[path].advanced && !first.includes(path)
  );

  // Opened for an error in it before the focus goes there: what is closed takes none.
  const inside = advanced.some(path => shown[path]);
  const [cause, setCause] = useState({ inside, focusTarget: live.focusTarget });
  if (inside !== cause.inside || live.focusTarget !== cause.focusTarget) {
    setCause({ inside, focusTarget: live.focusTarget });
    setOpen(open || inside);
  }

  useEffect(() => {
    const place = live.focusTarget?.place;
    // The first of several checkboxes where a field has several.
    element.current
      ?.querySelector<HTMLElement>(`[data-field="${place}"] :is(input, select)`)
      ?.focus();
  }, [live.focusTarget]);

  const field = (path: FieldPath): JSX.Element => (
    <AnyField key={path} path={path} live={live} trans={trans} />
  );

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void live.send('launch');
  };

  return (
    <form
      ref={element}
      className="jp-DaskHpc-LaunchForm"
      aria-label={trans.__('New cluster')}
      noValidate
      onSubmit={submit}
    >
      {first.map(field)}
      {field('name')}
      <ProfileField
        trans={trans}
        profiles={profiles.profiles}
        broken={profiles.broken}
        chosen={form.profile}
        error={shown.profile}
        onChoose={live.choose}
      />
      {profiles.may_examine && (
        <ProfileCheck {...props} profile={form.profile} />
      )}
      {plain.filter(isOption).map(field)}
      <div className="jp-DaskHpc-LaunchForm-columns">
        {plain.filter(path => !isOption(path)).map(field)}
      </div>
      <Disclosure
        title={trans.__('Advanced')}
        hint={
          advanced.some(path => isChanged(form, path))
            ? trans.__('changed')
            : [
                ...advanced
                  .filter(isOption)
                  .map(path => fields[path].messages.title),
                isOneJob(form.profile)
                  ? trans.__('workers per node, scheduler, environment')
                  : trans.__('workers per job, scheduler, environment')
              ].join(', ')
        }
        open={open}
        onToggle={() => setOpen(!open)}
      >
        <div className="jp-DaskHpc-LaunchForm-columns">
          {advanced.map(path => (
            <Fragment key={path}>
              {field(path)}
              {path === 'workers.threads' && (
                <Splits
                  profile={form.profile}
                  values={values}
                  trans={trans}
                  onType={live.type}
                />
              )}
            </Fragment>
          ))}
        </div>
      </Disclosure>
      <Summary
        model={model}
        trans={trans}
        profile={form.profile}
        values={values}
        request={visible ? live.request : null}
      />
      {form.error && (
        <div className="jp-DaskHpc-FormError" role="alert">
          <failIcon.react tag="span" className="jp-DaskHpc-FormError-icon" />
          <div>
            {form.error.message}
            {form.error.detail && (
              <code className="jp-DaskHpc-BatchDetail">
                {form.error.detail}
              </code>
            )}
          </div>
        </div>
      )}
      <div className="jp-DaskHpc-LaunchForm-buttons">
        <Button
          onMouseDown={keepFocus}
          onClick={() => void live.send('preview')}
        >
          {trans.__('Preview')}
        </Button>
        <Button
          type="submit"
          className="jp-mod-accept"
          aria-disabled={wrong !== undefined || live.busy !== null}
          onMouseDown={keepFocus}
        >
          {slow && live.busy === 'launch'
            ? trans.__('Launching')
            : trans.__('Launch')}
        </Button>
      </div>
      <div className="jp-DaskHpc-LaunchForm-status" role="status">
        {wrong &&
          trans.__('Correct "%1" to launch.', fields[wrong].messages.title)}
        {slow && live.busy === 'preview' && trans.__('Writing the job scripts')}
        {slow && live.busy === 'launch' && (
          <span className="jp-DaskHpc-visuallyHidden">
            {trans.__('Launching')}
          </span>
        )}
      </div>
    </form>
  );
}
