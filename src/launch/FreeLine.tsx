/** What is free before a launch: CPUs, nodes, licences, and the limits of the user. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import type { Free } from '../api/schema';
import { count } from '../common/format';

interface Props {
  free: Free;
  trans: TranslationBundle;
}

export function FreeLine({ free, trans }: Props): JSX.Element | null {
  const texts = free ? freeTexts(free, trans) : [];
  return texts.length ? (
    <div className="jp-DaskHpc-Summary-free">{texts.join(' · ')}</div>
  ) : null;
}

/** `80 of 1,280 CPUs idle`, `1 of 20 nodes idle`, `licence sps: 97 of 100 free`, `at most 7 jobs at the same time`. */
export function freeTexts(
  free: NonNullable<Free>,
  trans: TranslationBundle
): string[] {
  const { idle_cpus: idleCpus, cpus, idle_nodes: idleNodes, nodes } = free;
  const texts: string[] = [];
  if (idleCpus !== null && cpus !== null) {
    texts.push(trans.__('%1 of %2 CPUs idle', count(idleCpus), count(cpus)));
  }
  if (idleNodes !== null && nodes !== null) {
    texts.push(trans.__('%1 of %2 nodes idle', count(idleNodes), count(nodes)));
  }
  for (const { name, free: left, total } of free.licences) {
    texts.push(
      trans.__('licence %1: %2 of %3 free', name, count(left), count(total))
    );
  }
  const own = [
    ...(free.jobs_limit === null
      ? []
      : [
          trans._n('%2 job', '%2 jobs', free.jobs_limit, count(free.jobs_limit))
        ]),
    ...(free.cpus_limit === null
      ? []
      : [
          trans._n('%2 CPU', '%2 CPUs', free.cpus_limit, count(free.cpus_limit))
        ])
  ];
  if (own.length) {
    texts.push(trans.__('your limit: %1', own.join(', ')));
  }
  return texts;
}
