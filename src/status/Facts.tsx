/** The row of facts under the toolbar. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';
import type { Cluster } from '../api/schema';
import { clock, count, duration, memory } from '../common/format';
import { workersText } from '../common/labels';
import { useNow } from '../common/useNow';
import { useSignal } from '../common/useSignal';
import type { IClusterModel } from '../tokens';

export interface IFactsProps {
  cluster: Cluster;
  model: IClusterModel;
  trans: TranslationBundle;
}

export function Facts({ cluster, model, trans }: IFactsProps) {
  const batch = useSignal(model.changed, () =>
    model.batch.find(({ name }) => name === cluster.batch)
  );
  const now = useNow(() => model.now(), 1);
  const { workers, jobs, scheduler, request, profile } = cluster;
  const { nodes, processes, cpus, time } = request.workers;
  const together = cluster.fixed_workers > 0;
  return (
    <dl className="jp-DaskHpc-Facts">
      <Fact name={trans.__('Workers')}>
        <b>{count(workers.running)}</b>
        {' ' + trans.__('of %1 running', count(workers.requested))}
        {workers.connected < workers.running && (
          <span className="jp-DaskHpc-Secondary">
            {', ' + trans.__('%1 connected', count(workers.connected))}
          </span>
        )}
        {jobs && (
          <span className="jp-DaskHpc-Secondary">
            {', ' +
              trans._n(
                '%2 of %3 job',
                '%2 of %3 jobs',
                jobs.requested,
                count(jobs.running),
                count(jobs.requested)
              )}
            {nodes > 1 &&
              ' ' + trans._n('on %2 node', 'on %2 nodes', nodes, count(nodes))}
          </span>
        )}
      </Fact>
      <Fact name={cluster.closed ? trans.__('Closed') : trans.__('Time left')}>
        {cluster.closed
          ? clock(Date.parse(cluster.closed))
          : timeLeft(cluster, now, trans)}
      </Fact>
      <Fact
        name={
          together
            ? trans.__('Per node')
            : processes > 1
              ? trans.__('Per job')
              : trans.__('Per worker')
        }
      >
        {[
          ...(together || processes > 1 ? [workersText(processes, trans)] : []),
          workerMemory(cluster, trans),
          trans._n('%1 CPU', '%1 CPUs', cpus),
          ...gpus(request.workers, trans),
          time
        ].join(', ')}
      </Fact>
      <Fact name={trans.__('Scheduler')}>
        {schedulerWords(scheduler, trans)}
      </Fact>
      <Fact name={trans.__('Profile')}>
        {batch ? `${profile}, ${batch.title}` : profile}
      </Fact>
      {!cluster.closed && (
        <Fact name={trans.__('Updated')}>
          {updated(cluster, batch?.answered ?? null, now, trans)}
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** "2 GPUs (a100)", where there are some. */
function gpus(
  { gpus = 0, gpu_model: model }: Cluster['request']['workers'],
  trans: TranslationBundle
): string[] {
  const words = trans._n('%1 GPU', '%1 GPUs', gpus);
  return gpus ? [model ? `${words} (${model})` : words] : [];
}

function workerMemory(
  { request, worker_memory }: Cluster,
  trans: TranslationBundle
): string {
  const asked = request.workers.memory;
  if (worker_memory === null) {
    return asked;
  }
  return request.workers.processes > 1
    ? trans.__(
        '%1 (%2 for the tasks of each worker)',
        asked,
        memory(worker_memory)
      )
    : trans.__('%1 (%2 for tasks)', asked, memory(worker_memory));
}

function timeLeft(
  { ends }: Cluster,
  now: number,
  trans: TranslationBundle
): string {
  if (!ends) {
    return '–';
  }
  const end = Date.parse(ends);
  const left = Math.max(0, (end - now) / 1000);
  return trans.__('%1, until %2', duration(left), clock(end));
}

function schedulerWords(
  { state, reason, node }: Cluster['scheduler'],
  trans: TranslationBundle
): string {
  const words: Record<string, string> = {
    '': '–',
    pending: trans.__('pending'),
    running: trans.__('running'),
    ending: trans.__('ending'),
    ended: trans.__('ended'),
    failed: trans.__('failed')
  };
  const word = words[state] ?? state;
  if (node) {
    return trans.__('%1 on %2', word, node);
  }
  return reason ? `${word}: ${reason}` : word;
}

function updated(
  { stale, as_of }: Cluster,
  answered: string | null,
  now: number,
  trans: TranslationBundle
): string {
  if (stale && as_of) {
    return trans.__('as of %1', clock(Date.parse(as_of)));
  }
  if (!answered) {
    return '–';
  }
  const seconds = Math.max(0, Math.round((now - Date.parse(answered)) / 1000));
  return seconds < 60
    ? trans.__('%1 s ago', seconds)
    : trans.__('%1 ago', duration(seconds));
}
