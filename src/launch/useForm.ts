import type { TranslationBundle } from '@jupyterlab/translation';
import {
  useCallback,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  useState
} from 'react';
import type { Cluster, Profile, Profiles, Scripts } from '../api/schema';
import type { FieldError } from '../common/fieldError';
import type { FieldPath } from '../common/formFields';
import type { Answers } from '../common/options';
import { useSignal } from '../common/useSignal';
import type { IClusterModel, PartialRequest } from '../tokens';
import { check, type FieldErrors } from './check';
import type { Place, Values } from './fields';
import {
  emptyForm,
  reduce,
  refusal,
  shownErrors,
  type Action,
  type Form
} from './form';
import { buildRequest } from './formRequest';
import { choicesToKeep, offeredName, valuesOf } from './formValues';
import type { LastChoices } from './lastChoices';
import { useChoices, type ChoicesState } from './useChoices';

/** Opens the form for a new request; each one a new object. */
export interface FormPrefill {
  /** What to fill in; else the form stays as it is. */
  request?: PartialRequest;
}

export interface FormOptions {
  model: IClusterModel;
  trans: TranslationBundle;
  profiles: Profiles;
  lastChoices: LastChoices;
  workspace: () => string;
  /** Nothing is asked of the server before the form is seen. */
  visible: boolean;
  prefill: FormPrefill | null;
  /** The prefill was applied. */
  onPrefilled: () => void;
  onLaunched: (cluster: Cluster) => void;
  onPreview: (scripts: Scripts) => void;
}

/** The form as it stands, and what can be done with it. */
export interface LiveForm {
  form: Form;
  values: Values;
  /** The name that an empty field stands for. */
  name: string;
  shown: Partial<Record<Place, FieldError>>;
  /** How far it is known what the user has of the options. */
  choices: ChoicesState;
  /** First field that keeps the request from being sent, once it is shown. */
  wrong: FieldPath | undefined;
  /** What would be sent; null while something is wrong with it. */
  request: PartialRequest | null;
  busy: 'launch' | 'preview' | null;
  /** The place that is to take the focus; each time a new object. */
  focusTarget: { place: Place } | null;
  type: (path: FieldPath, text: string) => void;
  leave: () => void;
  /** Take a value of an option, whose limits apply at once. */
  pick: (path: FieldPath, text: string) => void;
  choose: (profile: Profile) => void;
  send: (what: 'launch' | 'preview') => Promise<void>;
}

export function useForm(options: FormOptions): LiveForm {
  const { model, trans, profiles, prefill, onPrefilled } = options;
  const [form, dispatch] = useReducer(reduce, profiles, emptyForm);
  const [focusTarget, setFocusTarget] = useState<{ place: Place } | null>(null);
  const [busy, setBusy] = useState<LiveForm['busy']>(null);
  const sending = useRef(false);
  const { known, live } = useNames(model);

  const values = valuesOf(form, known);
  const errorsOf = (which: Form): FieldErrors =>
    check(which.profile, valuesOf(which, known), live, known, trans);
  const errors = errorsOf(form);
  const order = Object.keys(values);
  const firstWrong = order.find(path => errors[path]);
  const request = firstWrong
    ? null
    : buildRequest(form, known, options.workspace());

  const { lastChoices } = options;
  useEffect(() => {
    void lastChoices
      .load()
      .then(stored => dispatch({ type: 'remembered', options: stored }));
  }, [lastChoices]);
  const onAnswer = useCallback(
    (profile: string, answers: Answers) =>
      dispatch({ type: 'answered', profile, answers }),
    []
  );
  const choices = useChoices(model, form.profile, options.visible, onAnswer);

  const [applied, setApplied] = useState<FormPrefill | null>(null);
  if (prefill && prefill !== applied) {
    setApplied(prefill);
    setFocusTarget({ place: 'name' });
    if (prefill.request) {
      const { request } = prefill;
      const wanted = profiles.profiles.find(
        each => each.name === request.profile
      );
      const denied = wanted?.access_denied_reason ?? '';
      dispatch({ type: 'fill', profiles, request, denied });
    }
  }
  useEffect(() => {
    if (applied) {
      onPrefilled();
    }
  }, [applied, onPrefilled]);

  const send = async (what: 'launch' | 'preview'): Promise<void> => {
    // A state would be too late for the second of two quick presses.
    if (sending.current) {
      return;
    }
    if (!request) {
      dispatch({ type: 'reveal', errors });
      setFocusTarget({ place: firstWrong ?? 'name' });
      return;
    }
    sending.current = true;
    setBusy(what);
    dispatch({ type: 'sent' });
    // The folder of this moment: nothing here is drawn anew when another one is opened.
    const sent = { ...request, workspace: options.workspace() };
    try {
      if (what === 'launch') {
        const cluster = await model.launch(sent);
        dispatch({ type: 'launched', name: cluster.name });
        void lastChoices.save(form.profile.name, choicesToKeep(form));
        options.onLaunched(cluster);
      } else {
        options.onPreview(await model.preview(sent));
      }
    } catch (error) {
      const action = refusal(form, error as Error, sent.name ?? '', known);
      dispatch(action);
      if (action.type === 'refused') {
        setFocusTarget({ place: action.place });
      }
    } finally {
      sending.current = false;
      setBusy(null);
    }
  };

  /** Dispatch what changes limits, and show at once what is wrong by them. */
  const limit = (action: Action): void => {
    dispatch(action);
    dispatch({ type: 'reveal', errors: errorsOf(reduce(form, action)) });
  };

  return {
    form,
    values,
    name: offeredName(form, known),
    shown: shownErrors(form, errors),
    choices,
    wrong: order.find(path => errors[path] && form.revealed.has(path)),
    request,
    busy,
    focusTarget,
    type: (path, text) => dispatch({ type: 'typed', path, text }),
    leave: () => dispatch({ type: 'reveal', errors }),
    pick: (path, text) => limit({ type: 'typed', path, text }),
    choose: profile => limit({ type: 'profile', profile }),
    send
  };
}

/** Names of all clusters known, and of those that are not over. */
function useNames(model: IClusterModel): Record<'known' | 'live', Set<string>> {
  // Texts, because equal ones are the same and leave the form as it is.
  const known = useSignal(model.changed, () => join(model, () => true));
  const live = useSignal(model.changed, () =>
    join(model, ({ state }) => state !== 'closed' && state !== 'failed')
  );
  return useMemo(
    () => ({
      known: new Set(known.split(' ')),
      live: new Set(live.split(' '))
    }),
    [known, live]
  );
}

function join(model: IClusterModel, which: (one: Cluster) => boolean): string {
  return model.clusters
    .filter(which)
    .map(cluster => cluster.name)
    .join(' ');
}
