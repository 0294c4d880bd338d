/** What a request adds up to. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Profile } from '../api/schema';
import { count, memory as memoryText } from '../common/format';
import { formFields } from '../common/formFields';
import { nodesText, workersText } from '../common/labels';
import { read } from '../common/fieldText';
import type { Values } from './fields';
import { besideScheduler, isOneJob } from './shares';

/** Sums over all workers; null where a field cannot be read. */
export interface Totals {
  workers: number | null;
  /** Nodes of the one job that runs all; null where scheduler and workers have jobs of their own. */
  nodes: number | null;
  /** Bytes. */
  memory: number | null;
  cpus: number | null;
  gpus: number | null;
  /** CPU-hours, if every worker runs to its time limit. */
  cpuHours: number | null;
}

export function totals(profile: Profile, values: Values): Totals {
  const fields = formFields(profile);
  const figure = (
    path: 'jobs' | 'nodes' | 'memory' | 'cpus' | 'time' | 'processes' | 'gpus'
  ): number => {
    const name = `workers.${path}`;
    return name in fields ? read(fields[name], values[name]) : NaN;
  };
  const together = isOneJob(profile);
  const [jobs, memory, cpus, time, processes] = [
    figure(together ? 'nodes' : 'jobs'),
    figure('memory'),
    figure('cpus'),
    figure('time'),
    figure('processes')
  ];
  const first = besideScheduler(profile, values);
  const beside = first?.reduce((sum, group) => sum + group.count, 0) ?? NaN;
  return {
    workers: positive(
      together ? beside + (jobs - 1) * processes : jobs * processes
    ),
    nodes: together ? positive(jobs) : null,
    memory: positive(jobs * memory),
    cpus: positive(jobs * cpus),
    gpus: positive(jobs * figure('gpus')),
    cpuHours: positive((jobs * cpus * time) / 3600)
  };
}

/** The totals in two groups, resources and duration; a total that cannot be computed is left out. */
export function totalsText(sums: Totals, trans: TranslationBundle): string[][] {
  const { workers, nodes, memory, cpus, gpus, cpuHours } = sums;
  const hours = cpuHours === null ? '' : figureText(cpuHours);
  const groups = [
    [
      nodes && nodesText(nodes, trans),
      workers && workersText(workers, trans),
      memory && memoryText(memory),
      cpus && trans._n('%2 CPU', '%2 CPUs', cpus, count(cpus)),
      gpus && trans._n('%2 GPU', '%2 GPUs', gpus, count(gpus))
    ],
    [
      hours &&
        trans._n(
          'up to %2 CPU-hour',
          'up to %2 CPU-hours',
          hours === '1' ? 1 : 2,
          hours
        )
    ]
  ];
  return groups
    .map(group => group.filter(part => typeof part === 'string' && part !== ''))
    .filter(group => group.length > 0) as string[][];
}

/** One decimal below 10, whole from there on. */
function figureText(value: number): string {
  return value < 9.95
    ? String(Math.max(0.1, Math.round(value * 10) / 10))
    : count(Math.round(value));
}

function positive(value: number): number | null {
  return value > 0 ? value : null;
}
