import { nullTranslator } from '@jupyterlab/translation';
import { expect, it } from 'vitest';
import type { Cluster } from '../api/schema';
import { makeCluster, NOW } from '../testing/samples';
import { CommandIDs } from '../tokens';
import { clock } from './format';
import { warningOf } from './endWarning';

const trans = nullTranslator.load('test');
const AT = NOW + 9 * 60_000;
const time = clock(AT);

function words(
  change: Partial<NonNullable<Cluster['warning']>>,
  name = 'demo'
) {
  const at = new Date(AT).toISOString();
  const warning = { kind: 'idle', ends: 'cluster', at, ...change } as const;
  return warningOf(makeCluster({ name, warning }), NOW, trans);
}

it('is silent without a warning', () => {
  expect(warningOf(makeCluster(), NOW, trans)).toBeNull();
});

it.each([
  ['idle', 'cluster', 'Idle: ends in 9 min', CommandIDs.resetIdle],
  ['time', 'cluster', 'Time limit: ends in 9 min', CommandIDs.launchAgain],
  [
    'time',
    'workers',
    'Time limit: first workers end in 9 min',
    CommandIDs.replaceWorkers
  ]
] as const)('says that %s ends the %s', (kind, ends, text, command) => {
  const found = words({ kind, ends });
  expect(found?.text).toBe(`${text}, at ${time}`);
  expect(found?.action.command).toBe(command);
});

it.each([{ replace_workers: true }, { fixed_workers: 4 }])(
  'offers another cluster where nobody comes to succeed kept workers: %j',
  change => {
    const at = new Date(AT).toISOString();
    const warning = { kind: 'time', ends: 'workers', at } as const;
    const cluster = makeCluster({ ...change, warning });
    expect(warningOf(cluster, NOW, trans)?.action.command).toBe(
      CommandIDs.launchAgain
    );
  }
);

it.each([
  ['idle', 'cluster'],
  ['time', 'cluster'],
  ['time', 'workers']
] as const)('fits a notice: %s, %s', (kind, ends) => {
  // A day's name and the longest name that there is.
  const at = new Date(NOW + 86_400_000).toISOString();
  const notice = words({ kind, ends, at }, 'x'.repeat(40))?.notice;
  expect(notice?.length).toBeLessThanOrEqual(140);
});
