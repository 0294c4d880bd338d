import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { centre, profiles } from '../testing/profiles';
import type { Values } from './fields';
import { emptyForm } from './form';
import { valuesOf } from './formValues';
import { totals, totalsText } from './totals';

const trans = nullTranslator.load('');
const defaults = valuesOf(emptyForm(profiles), new Set());

function totalsOf(jobs: string, memory: string, cpus: string, time: string) {
  const values: Values = {
    ...defaults,
    'workers.jobs': jobs,
    'workers.memory': memory,
    'workers.cpus': cpus,
    'workers.time': time
  };
  return totalsText(totals(centre, values), trans).map(group =>
    group.join(' · ')
  );
}

describe('totals', () => {
  it.each([
    [
      ['3000', '3G', '1', '2h'],
      '3,000 workers · 9 TB · 3,000 CPUs',
      'up to 6,000 CPU-hours'
    ],
    [
      ['40', '3G', '1', '02:00:00'],
      '40 workers · 120 GB · 40 CPUs',
      'up to 80 CPU-hours'
    ],
    [
      ['1', '512M', '1', '30m'],
      '1 worker · 512 MB · 1 CPU',
      'up to 0.5 CPU-hours'
    ],
    [['1', '1.5G', '1', '1h'], '1 worker · 1.5 GB · 1 CPU', 'up to 1 CPU-hour'],
    [['1', '1G', '1', '60s'], '1 worker · 1 GB · 1 CPU', 'up to 0.1 CPU-hours']
  ])('of %j', (typed, now, hours) => {
    const [jobs, memory, cpus, time] = typed;
    expect(totalsOf(jobs, memory, cpus, time)).toEqual([now, hours]);
  });

  it('leaves out what cannot be reckoned', () => {
    expect(totalsOf('4', '3', '1', '2h')).toEqual([
      '4 workers · 4 CPUs',
      'up to 8 CPU-hours'
    ]);
    expect(totalsOf('4', '3G', '1', 'soon')).toEqual([
      '4 workers · 12 GB · 4 CPUs'
    ]);
    expect(totalsOf('many', '3G', '1', '2h')).toEqual([]);
    expect(totalsOf('0', '3G', '1', '2h')).toEqual([]);
  });

  it('is the product of what is asked for, whatever that is', () => {
    for (let jobs = 1; jobs <= 3000; jobs += 271) {
      for (let cpus = 1; cpus <= 32; cpus += 7) {
        const values: Values = {
          ...defaults,
          'workers.processes': String(1 + (jobs % 4)),
          'workers.jobs': String(jobs),
          'workers.memory': `${cpus}G`,
          'workers.cpus': String(cpus),
          'workers.time': `${cpus}h`
        };
        expect(totals(centre, values)).toEqual({
          workers: jobs * Number(values['workers.processes']),
          nodes: null,
          gpus: null,
          memory: jobs * cpus * 2 ** 30,
          cpus: jobs * cpus,
          cpuHours: jobs * cpus * cpus
        });
      }
    }
  });
});
