/** One cluster in the sidebar. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ellipsesIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ISignal } from '@lumino/signaling';
import { useEffect, useRef, useState, type JSX } from 'react';
import { Button } from '../common/Button';
import type { Cluster } from '../api/schema';
import { isChangeable, isLive, share } from '../common/counts';
import { ClusterIcon, clockIcon, failIcon, warnIcon } from '../common/icons';
import { warningOf } from '../common/endWarning';
import { clusterStateLabel } from '../common/labels';
import { runCommand } from '../common/runCommand';
import { ScriptLine } from '../common/ScriptLine';
import { CommandIDs, type IClusterModel } from '../tokens';
import { Counts } from './Counts';
import { openMenu } from './menu';
import { ScaleQuestion } from './ScaleQuestion';
import { StopQuestion } from './StopQuestion';
import { timeLeft, worstProblem } from './timing';
import { useRoving } from './useRoving';

export interface ICardProps {
  cluster: Cluster;
  model: IClusterModel;
  commands: CommandRegistry;
  trans: TranslationBundle;
  /** Milliseconds since the epoch, by the server's clock. */
  now: number;
  /** Emits the id of a cluster whose card is to ask for a number of workers. */
  scaled: ISignal<unknown, string>;
}

export function Card({
  cluster,
  model,
  commands,
  trans,
  now,
  scaled
}: ICardProps): JSX.Element {
  const { id, name, state, stale, workers } = cluster;
  const [question, setQuestion] = useState<'stop' | 'scale' | null>(null);
  const [refusal, setRefusal] = useState('');
  const card = useRef<HTMLElement>(null);
  const live = isLive(cluster);
  const scaling = question === 'scale' && isChangeable(cluster);
  const roving = useRoving(live ? 'cell' : 'logs');

  useEffect(() => {
    const ask = (_: unknown, which: string) => {
      if (which === id) {
        setRefusal('');
        setQuestion('scale');
      }
    };
    scaled.connect(ask);
    return () => {
      scaled.disconnect(ask);
    };
  }, [scaled, id]);

  const focus = (selector: string) =>
    card.current?.querySelector<HTMLElement>(selector)?.focus();
  const run = (
    command: string,
    args: Record<string, string | number | true> = {}
  ) => {
    setRefusal('');
    return runCommand(commands, command, { id, ...args }, setRefusal);
  };
  const cancelStop = () => {
    setQuestion(null);
    requestAnimationFrame(() => focus('[data-roving="stop"]'));
  };
  const stop = () => {
    setQuestion(null);
    focus('.jp-DaskHpc-Card-name');
    void run(CommandIDs.stop, { asked: true });
  };
  const closeScaling = () => {
    setQuestion(null);
    setRefusal('');
    focus('[data-roving="more"]');
  };

  return (
    <article
      ref={card}
      className="jp-DaskHpc-Card"
      data-cluster={id}
      aria-label={name}
      {...roving.container}
    >
      <header className="jp-DaskHpc-Card-header">
        <ClusterIcon state={state} stale={stale} share={share(workers)} />
        <Button
          look="bare"
          className="jp-DaskHpc-Card-name"
          title={name}
          onClick={() => void run(CommandIDs.openStatus)}
        >
          {name}
        </Button>
        <span className="jp-DaskHpc-Card-state">
          {clusterStateLabel(state, trans)}
        </span>
        <Button
          look="icon"
          icon={ellipsesIcon}
          aria-label={trans.__('More for %1', name)}
          title={trans.__('More')}
          aria-haspopup="menu"
          onClick={event => openMenu(event.currentTarget, id, commands, trans)}
          {...roving.button('more')}
        />
      </header>
      {live && <Counts cluster={cluster} now={now} trans={trans} />}
      <ScriptLine cluster={cluster} commands={commands} trans={trans} />
      <Trouble
        cluster={cluster}
        now={now}
        trans={trans}
        onShow={() => void run(CommandIDs.openStatus, { tab: 'jobs' })}
      />
      <Warning
        cluster={cluster}
        now={now}
        trans={trans}
        onAct={(command, args) => void run(command, args)}
      />
      {cluster.warning?.kind !== 'time' && (
        <TimeLeft cluster={cluster} now={now} trans={trans} />
      )}
      {refusal && !scaling && (
        <div className="jp-DaskHpc-Line" role="alert">
          <failIcon.react tag="span" width="14px" height="14px" />
          <span>{refusal}</span>
        </div>
      )}
      {scaling ? (
        <ScaleQuestion
          cluster={cluster}
          model={model}
          trans={trans}
          refusal={refusal}
          onType={() => setRefusal('')}
          onApply={jobs => run(CommandIDs.scale, { jobs })}
          onClose={closeScaling}
        />
      ) : question === 'stop' && live ? (
        <StopQuestion
          cluster={cluster}
          trans={trans}
          onCancel={cancelStop}
          onStop={stop}
        />
      ) : (
        <div
          className="jp-DaskHpc-Card-actions"
          role="toolbar"
          aria-label={trans.__('Actions for %1', name)}
        >
          {live && (
            <>
              <Button
                onClick={() => void run(CommandIDs.insertCell)}
                {...roving.button('cell')}
              >
                {trans.__('Insert cell')}
              </Button>
              <Button
                onClick={() => void run(CommandIDs.openDashboard)}
                {...roving.button('dashboard')}
              >
                {trans.__('Dashboard')}
              </Button>
            </>
          )}
          <Button
            onClick={() => void run(CommandIDs.openLogs)}
            {...roving.button('logs')}
          >
            {trans.__('Logs')}
          </Button>
          {live ? (
            <Button
              aria-disabled={state === 'closing'}
              onClick={() => state !== 'closing' && setQuestion('stop')}
              {...roving.button('stop')}
            >
              {trans.__('Stop')}
            </Button>
          ) : (
            <Button
              onClick={() => void run(CommandIDs.launchAgain)}
              {...roving.button('again')}
            >
              {trans.__('Launch again')}
            </Button>
          )}
        </div>
      )}
    </article>
  );
}

interface ILineProps {
  cluster: Cluster;
  now: number;
  trans: TranslationBundle;
}

function Trouble({
  cluster,
  now,
  trans,
  onShow
}: ILineProps & { onShow: () => void }): JSX.Element | null {
  const problem = worstProblem(cluster, now, trans);
  if (!problem) {
    return null;
  }
  const Icon = problem.kind === 'waiting' ? clockIcon : warnIcon;
  return (
    <div className="jp-DaskHpc-Line">
      <Icon.react tag="span" width="14px" height="14px" />
      <span>
        {problem.text}{' '}
        {cluster.problems.length > 0 && (
          <Button look="link" onClick={onShow}>
            {trans.__('Show')}
          </Button>
        )}
      </span>
    </div>
  );
}

function Warning({
  cluster,
  now,
  trans,
  onAct
}: ILineProps & {
  onAct: (command: string, args?: { replace: true }) => void;
}): JSX.Element | null {
  const warning = warningOf(cluster, now, trans);
  if (!warning) {
    return null;
  }
  const { text, loss, action } = warning;
  return (
    <div className="jp-DaskHpc-Line">
      <warnIcon.react tag="span" width="14px" height="14px" />
      <span title={loss}>
        {text}.{' '}
        <Button look="link" onClick={() => onAct(action.command, action.args)}>
          {action.label}
        </Button>
      </span>
    </div>
  );
}

function TimeLeft({ cluster, now, trans }: ILineProps): JSX.Element | null {
  const left = timeLeft(cluster, now, trans);
  if (!left) {
    return null;
  }
  const Icon = left.short ? warnIcon : clockIcon;
  return (
    <div className="jp-DaskHpc-Line jp-mod-secondary">
      <Icon.react tag="span" width="14px" height="14px" />
      <span>{left.text}</span>
    </div>
  );
}
