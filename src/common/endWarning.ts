/** An end that is near, in words, and what can be done about it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Cluster } from '../api/schema';
import { CommandIDs } from '../tokens';
import { clock, duration } from './format';

export interface IWarning {
  /** Which warning it is, whenever it strikes. */
  key: string;
  /** "Idle: ends in 9 min, at 16:22". */
  text: string;
  /** What is lost then. */
  loss: string;
  /** The same in one sentence that stays true as time goes by, for a notice. */
  notice: string;
  /** What prevents it, or what to do instead. */
  action: { label: string; command: string; args?: { replace: true } };
}

/** The warning of a cluster, or null. */
export function warningOf(
  cluster: Cluster,
  now: number,
  trans: TranslationBundle
): IWarning | null {
  const { name, warning } = cluster;
  if (!warning) {
    return null;
  }
  const { kind, ends } = warning;
  const at = Date.parse(warning.at);
  const time = clock(at, now);
  const left = duration((at - now) / 1000);
  const another = {
    label: trans.__('Launch another'),
    command: CommandIDs.launchAgain
  };
  const key = `${kind} ${ends}`;
  if (kind === 'idle') {
    return {
      key,
      text: trans.__('Idle: ends in %1, at %2', left, time),
      loss: trans.__('Results in the memory of its workers are then lost.'),
      notice: trans.__(
        '%1 is idle and ends at %2. Results in the memory of its workers are then lost.',
        name,
        time
      ),
      action: {
        label: trans.__('Reset idle timer'),
        command: CommandIDs.resetIdle
      }
    };
  }
  return ends === 'cluster'
    ? {
        key,
        text: trans.__('Time limit: ends in %1, at %2', left, time),
        loss: trans.__(
          'Save results first: data in the memory of its workers is lost.'
        ),
        notice: trans.__(
          '%1 reaches its time limit at %2. Results in the memory of its workers are then lost.',
          name,
          time
        ),
        action: another
      }
    : {
        key,
        text: trans.__(
          'Time limit: first workers end in %1, at %2',
          left,
          time
        ),
        loss: trans.__(
          'Save results first: data in the memory of these workers is lost.'
        ),
        notice: trans.__(
          '%1: the first workers reach their time limit at %2. Results in their memory are lost.',
          name,
          time
        ),
        // Replaced workers only end where no replacement starts; in one job nothing replaces them.
        action:
          cluster.replace_workers || cluster.fixed_workers
            ? another
            : {
                label: trans.__('Replace workers'),
                command: CommandIDs.replaceWorkers,
                args: { replace: true }
              }
      };
}
