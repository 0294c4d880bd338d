/** Asks, in the card itself, how many workers a cluster is to have. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useId, useRef, useState, type JSX } from 'react';
import { Button } from '../common/Button';
import type { Cluster } from '../api/schema';
import { FormField, keepFocus } from '../common/FormField';
import { sentence } from '../messages/compose';
import { parseWhole } from '../common/units';
import { useSlow } from '../common/useSlow';
import type { IClusterModel } from '../tokens';
import {
  consequence,
  type IRange,
  rangeOf,
  rangeText,
  wholeJobs,
  workersError
} from './scale';
import { useProfile } from './useProfile';

export interface IScaleQuestionProps {
  cluster: Cluster;
  model: IClusterModel;
  trans: TranslationBundle;
  /** Why the number was refused; empty when it was not. */
  refusal: string;
  onType: () => void;
  /** Resolves with whether the number was taken. */
  onApply: (jobs: number) => Promise<boolean>;
  onClose: () => void;
}

/** A question, or why there is nothing to ask. */
export function ScaleQuestion(props: IScaleQuestionProps): JSX.Element | null {
  const { cluster, model, trans, onClose } = props;
  const profile = useProfile(model, cluster.profile);
  const range = rangeOf(cluster, profile);
  if (!range.fixed || range.most === null || range.most > range.fixed) {
    // Of workers in one job it is not known yet whether their number can change.
    return range.fixed && profile === null ? null : (
      <Question {...props} range={range} />
    );
  }
  return <FixedNumber cluster={cluster} trans={trans} onClose={onClose} />;
}

/** Why the number of workers stays, in place of a field for it. */
function FixedNumber(
  props: Pick<IScaleQuestionProps, 'cluster' | 'trans' | 'onClose'>
): JSX.Element {
  const { cluster, trans, onClose } = props;
  const text = useId();
  return (
    <div
      role="group"
      aria-label={trans.__('Scale %1', cluster.name)}
      aria-describedby={text}
      className="jp-DaskHpc-ScaleQuestion"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onClose();
        }
      }}
    >
      <div id={text}>
        {sentence(trans, 'workers.fixed', { count: cluster.fixed_workers })}
      </div>
      <div className="jp-DaskHpc-StopQuestion-answers">
        <Button autoFocus aria-describedby={text} onClick={onClose}>
          {trans.__('Close')}
        </Button>
      </div>
    </div>
  );
}

function Question(props: IScaleQuestionProps & { range: IRange }): JSX.Element {
  const { cluster, range, trans, refusal, onClose } = props;
  const group = useRef<HTMLFormElement>(null);
  const [text, setText] = useState(String(cluster.workers.requested));
  const [left, setLeft] = useState(false);
  const [busy, setBusy] = useState(false);
  const slow = useSlow(busy);
  const wrong = workersError(text, range, trans);
  const error = refusal ? { message: refusal } : left ? wrong : undefined;

  const field = () => group.current?.querySelector('input');
  useEffect(() => {
    const input = group.current?.querySelector('input');
    input?.focus();
    input?.select();
    input?.scrollIntoView({ block: 'nearest' });
  }, []);

  const apply = async (): Promise<void> => {
    const jobs = parseWhole(text);
    if (busy) {
      return;
    }
    setLeft(true);
    if (wrong || jobs === null) {
      field()?.focus();
      return;
    }
    setBusy(true);
    const taken = await props.onApply(jobs);
    setBusy(false);
    // It may have been closed meanwhile.
    if (taken && group.current) {
      onClose();
    } else {
      field()?.focus();
    }
  };

  return (
    <form
      ref={group}
      aria-label={trans.__('Scale %1', cluster.name)}
      className="jp-DaskHpc-ScaleQuestion"
      noValidate
      onSubmit={event => {
        event.preventDefault();
        void apply();
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onClose();
        }
      }}
    >
      <div aria-live="polite">
        <FormField
          trans={trans}
          name="workers.count"
          label={trans.__('Number of workers')}
          help=""
          value={text}
          whole
          limit={rangeText(range, trans)}
          error={error}
          onType={typed => {
            setText(typed);
            props.onType();
          }}
          onLeave={() => setLeft(true)}
        />
        <div className="jp-DaskHpc-ScaleQuestion-consequence">
          {!wrong && wholeJobs(text, range, trans)}{' '}
          {!wrong && consequence(text, cluster.workers, range, trans)}{' '}
          {cluster.stale &&
            trans.__('It is sent when the batch system answers.')}
        </div>
      </div>
      <div className="jp-DaskHpc-StopQuestion-answers">
        <Button
          type="submit"
          aria-disabled={busy || error !== undefined}
          onMouseDown={keepFocus}
        >
          {slow ? trans.__('Applying') : trans.__('Apply')}
        </Button>
        <Button onMouseDown={keepFocus} onClick={onClose}>
          {trans.__('Cancel')}
        </Button>
      </div>
    </form>
  );
}
