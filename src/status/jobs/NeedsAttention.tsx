/** What has gone wrong or stands still, worst first, each with the one next step. */
import type { LabIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useId, useState, type ReactNode } from 'react';
import { Button } from '../../common/Button';
import type { Cluster, Problem } from '../../api/schema';
import { clockIcon, failIcon, warnIcon } from '../../common/icons';
import { warningOf } from '../../common/endWarning';

/** Problems that are shown at first. */
const SHOWN = 3;

const ICONS: Record<Problem['kind'], LabIcon> = {
  failed: failIcon,
  stuck: warnIcon,
  waiting: clockIcon
};

export interface INeedsAttentionProps {
  cluster: Cluster;
  /** Milliseconds since the epoch, by the server's clock. */
  now: number;
  trans: TranslationBundle;
  onCommand: (command: string, args?: { replace: true }) => void;
  onOpenLogs: (problem: Problem) => void;
  onShowJobs: (problem: Problem) => void;
}

export function NeedsAttention(props: INeedsAttentionProps) {
  const { cluster, now, trans, onCommand, onOpenLogs, onShowJobs } = props;
  const [all, setAll] = useState(false);
  const heading = useId();
  const { problems } = cluster;
  const ended =
    cluster.state === 'failed' || cluster.state === 'closed'
      ? cluster.reason
      : '';
  const warning = warningOf(cluster, now, trans);
  const shown = all ? problems : problems.slice(0, SHOWN);
  const rest = problems.length - SHOWN;
  return (
    <section className="jp-DaskHpc-Attention" aria-labelledby={heading}>
      <h2 id={heading}>{trans.__('Needs attention')}</h2>
      <ul>
        {ended && (
          <Item
            icon={cluster.state === 'failed' ? failIcon : clockIcon}
            message={ended}
            advice=""
          />
        )}
        {warning && (
          <Item icon={warnIcon} message={warning.text} advice={warning.loss}>
            <Button
              onClick={() =>
                onCommand(warning.action.command, warning.action.args)
              }
            >
              {warning.action.label}
            </Button>
          </Item>
        )}
        {shown.map(problem => (
          <Item
            key={problem.message}
            icon={ICONS[problem.kind]}
            message={problem.message}
            advice={problem.advice}
            log={problem.log}
          >
            {problem.kind === 'waiting' && (
              <Button onClick={() => onShowJobs(problem)}>
                {trans.__('Show jobs')}
              </Button>
            )}
            {problem.kind !== 'waiting' && problem.jobs.length > 0 && (
              <Button onClick={() => onOpenLogs(problem)}>
                {trans.__('Open logs')}
              </Button>
            )}
          </Item>
        ))}
      </ul>
      {!ended && !warning && problems.length === 0 && (
        <p>{trans.__('Nothing needs attention.')}</p>
      )}
      {rest > 0 && (
        <Button look="link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? trans.__('Show fewer') : trans.__('%1 more', rest)}
        </Button>
      )}
    </section>
  );
}

interface IItemProps {
  icon: LabIcon;
  message: string;
  advice: string;
  log?: string[];
  children?: ReactNode;
}

function Item({ icon, message, advice, log, children }: IItemProps) {
  return (
    <li>
      <icon.react tag="span" width="14px" height="14px" />
      <div>
        <b>{message}</b>
        {advice && <div>{advice}</div>}
        {log && log.length > 0 && (
          <pre className="jp-DaskHpc-Attention-log">{log.join('\n')}</pre>
        )}
      </div>
      {children}
    </li>
  );
}
