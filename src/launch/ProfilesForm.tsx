import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef, useState, type FormEvent, type JSX } from 'react';
import type { Cluster, Profiles } from '../api/schema';
import { FormField, keepFocus } from '../common/FormField';
import { failIcon } from '../common/icons';
import { useSlow } from '../common/useSlow';
import type { IClusterModel } from '../tokens';
import { limitText } from './check';
import { Disclosure } from './Disclosure';
import {
  ADVANCED,
  leaves,
  namesInSentence,
  PLAIN,
  type FieldPath
} from './fields';
import { isChanged } from './form';
import { showScripts } from './preview';
import { ProfileField } from './ProfileField';
import { Summary } from './Summary';
import { useForm, type Composition } from './useForm';

interface Props {
  model: IClusterModel;
  trans: TranslationBundle;
  profiles: Profiles;
  workspace: () => string;
  visible: boolean;
  composition: Composition | null;
  onComposed: () => void;
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
  const fields = leaves(form.profile);
  const names = namesInSentence(trans);

  // Opened for a fault in it before the focus goes there: what is closed takes none.
  const inside = ADVANCED.some(path => shown[path]);
  const [cause, setCause] = useState({ inside, goal: live.goal });
  if (inside !== cause.inside || live.goal !== cause.goal) {
    setCause({ inside, goal: live.goal });
    setOpen(open || inside);
  }

  useEffect(() => {
    const field =
      live.goal && element.current?.elements.namedItem(live.goal.place);
    if (field instanceof HTMLElement) {
      field.focus();
    }
  }, [live.goal]);

  const help = (path: FieldPath): string => fields[path].messages.description;

  const field = (path: FieldPath): JSX.Element => (
    <FormField
      key={path}
      trans={trans}
      name={path}
      label={fields[path].messages.title}
      help={help(path)}
      value={values[path]}
      placeholder={path === 'name' ? live.name : undefined}
      whole={fields[path].type === 'integer'}
      limit={limitText(fields[path], trans) || aboutText(path)}
      fault={shown[path]}
      onType={text => live.type(path, text)}
      onLeave={live.leave}
    />
  );

  // What has no limit is told about in its place, but for the name.
  const aboutText = (path: FieldPath): string =>
    path === 'name' ? '' : help(path);

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
      {field('name')}
      <ProfileField
        trans={trans}
        profiles={profiles.profiles}
        chosen={form.profile}
        fault={shown.profile}
        onChoose={live.choose}
      />
      <div className="jp-DaskHpc-LaunchForm-columns">{PLAIN.map(field)}</div>
      <Disclosure
        title={trans.__('Advanced')}
        hint={
          ADVANCED.some(path => isChanged(form, path))
            ? trans.__('changed')
            : trans.__('scheduler, idle time-out, environment')
        }
        open={open}
        onToggle={() => setOpen(!open)}
      >
        <div className="jp-DaskHpc-LaunchForm-columns">
          {ADVANCED.map(field)}
        </div>
      </Disclosure>
      <Summary
        model={model}
        trans={trans}
        profile={form.profile}
        values={values}
        request={visible ? live.request : null}
      />
      {form.trouble && (
        <div className="jp-DaskHpc-Trouble" role="alert">
          <failIcon.react tag="span" className="jp-DaskHpc-Trouble-icon" />
          <div>
            {form.trouble.message}
            {form.trouble.detail && (
              <code className="jp-DaskHpc-Words">{form.trouble.detail}</code>
            )}
          </div>
        </div>
      )}
      <div className="jp-DaskHpc-LaunchForm-buttons">
        <button
          type="button"
          className="jp-mod-styled"
          onMouseDown={keepFocus}
          onClick={() => void live.send('preview')}
        >
          {trans.__('Preview')}
        </button>
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          aria-disabled={wrong !== undefined || live.busy !== null}
          onMouseDown={keepFocus}
        >
          {slow && live.busy === 'launch'
            ? trans.__('Launching')
            : trans.__('Launch')}
        </button>
      </div>
      <div className="jp-DaskHpc-LaunchForm-status" role="status">
        {wrong && trans.__('Correct the %1 to launch.', names[wrong])}
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
