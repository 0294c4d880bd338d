import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useMemo, useReducer, useRef, useState } from 'react';
import type { Cluster, Profile, Profiles, Scripts } from '../api/schema';
import type { Fault } from '../common/fault';
import { useSignal } from '../common/useSignal';
import type { IClusterModel, PartialRequest } from '../tokens';
import { check, type Faults } from './check';
import { FIELDS, type FieldPath, type Place, type Values } from './fields';
import {
  buildRequest,
  emptyForm,
  offeredName,
  reduce,
  refusal,
  shownFaults,
  valuesOf,
  type Form
} from './form';

/** A wish to write a request; each one a new object. */
export interface Composition {
  /** What to fill in; else the form stays as it is. */
  request?: PartialRequest;
}

export interface FormOptions {
  model: IClusterModel;
  trans: TranslationBundle;
  profiles: Profiles;
  workspace: () => string;
  composition: Composition | null;
  /** The wish was granted. */
  onComposed: () => void;
  onLaunched: (cluster: Cluster) => void;
  onPreview: (scripts: Scripts) => void;
}

/** The form as it stands, and what can be done with it. */
export interface LiveForm {
  form: Form;
  values: Values;
  /** The name that an empty field stands for. */
  name: string;
  shown: Partial<Record<Place, Fault>>;
  /** First field that keeps the request from being sent, once it is shown. */
  wrong: FieldPath | undefined;
  /** What would be sent; null while something is wrong with it. */
  request: PartialRequest | null;
  busy: 'launch' | 'preview' | null;
  /** The place that is to take the focus; each time a new object. */
  goal: { place: Place } | null;
  type: (path: FieldPath, text: string) => void;
  leave: () => void;
  choose: (profile: Profile) => void;
  send: (what: 'launch' | 'preview') => Promise<void>;
}

export function useForm(options: FormOptions): LiveForm {
  const { model, trans, profiles, composition, onComposed } = options;
  const [form, tell] = useReducer(reduce, profiles, emptyForm);
  const [goal, setGoal] = useState<{ place: Place } | null>(null);
  const [busy, setBusy] = useState<LiveForm['busy']>(null);
  const sending = useRef(false);
  const { known, live } = useNames(model);

  const values = valuesOf(form, known);
  const faultsOf = (which: Form): Faults =>
    check(which.profile, valuesOf(which, known), live, known, trans);
  const faults = faultsOf(form);
  const firstWrong = FIELDS.find(path => faults[path]);
  const request = firstWrong
    ? null
    : buildRequest(form, known, options.workspace());

  const [granted, setGranted] = useState<Composition | null>(null);
  if (composition && composition !== granted) {
    setGranted(composition);
    setGoal({ place: 'name' });
    if (composition.request) {
      const { request } = composition;
      const wanted = profiles.profiles.find(
        each => each.name === request.profile
      );
      const denied = wanted?.access_denied_reason ?? '';
      tell({ type: 'fill', profiles, request, denied });
    }
  }
  useEffect(() => {
    if (granted) {
      onComposed();
    }
  }, [granted, onComposed]);

  const send = async (what: 'launch' | 'preview'): Promise<void> => {
    // A state would be too late for the second of two quick presses.
    if (sending.current) {
      return;
    }
    if (!request) {
      tell({ type: 'reveal', faults });
      setGoal({ place: firstWrong ?? 'name' });
      return;
    }
    sending.current = true;
    setBusy(what);
    tell({ type: 'sent' });
    // The folder of this moment: nothing here is drawn anew when another one is opened.
    const sent = { ...request, workspace: options.workspace() };
    try {
      if (what === 'launch') {
        const cluster = await model.launch(sent);
        tell({ type: 'launched', name: cluster.name });
        options.onLaunched(cluster);
      } else {
        options.onPreview(await model.preview(sent));
      }
    } catch (error) {
      const deed = refusal(error as Error, sent.name ?? '', known);
      tell(deed);
      if (deed.type === 'refused') {
        setGoal({ place: deed.place });
      }
    } finally {
      sending.current = false;
      setBusy(null);
    }
  };

  return {
    form,
    values,
    name: offeredName(form, known),
    shown: shownFaults(form, faults),
    wrong: FIELDS.find(path => faults[path] && form.revealed.has(path)),
    request,
    busy,
    goal,
    type: (path, text) => tell({ type: 'typed', path, text }),
    leave: () => tell({ type: 'reveal', faults }),
    choose: profile => {
      tell({ type: 'profile', profile });
      tell({ type: 'reveal', faults: faultsOf({ ...form, profile }) });
    },
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
