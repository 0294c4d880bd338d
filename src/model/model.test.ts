import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../api/client';
import { Stream } from '../api/stream';
import { OpenLog, WINDOW } from '../status/logs/openLog';
import {
  makeBatch,
  makeCluster,
  makeJob,
  makeJobs,
  makeSurvey
} from '../testing/samples';
import { TestServer } from '../testing/server';
import { DOMAIN, type ILogPiece } from '../tokens';
import { ClusterModel } from './model';

const trans = nullTranslator.load(DOMAIN);
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000 });
let test: TestServer;
let model: ClusterModel;

beforeEach(async () => {
  test = await new TestServer().start();
  const { settings } = test;
  model = new ClusterModel(
    new ApiClient(trans, settings),
    new Stream(trans, settings)
  );
});

afterEach(async () => {
  model.dispose();
  await test.stop();
});

/** The first words on a new connection; resolves when they are known. */
async function state(
  connections = 1,
  clusters = [makeCluster(), makeSurvey()]
): Promise<void> {
  await until(() => expect(test.sockets).toHaveLength(connections));
  test.send({
    seq: 0,
    type: 'state',
    clusters,
    batch: [makeBatch()],
    notices: ['One record cannot be used.'],
    server_time: new Date(Date.now() + 3_600_000).toISOString()
  });
  await until(() => expect(model.connected).toBe(true));
}

const change = (seq: number, more: object) => ({
  seq,
  type: 'change',
  clusters: [],
  removed: [],
  batch: [makeBatch()],
  server_time: new Date().toISOString(),
  ...more
});

const names = () => model.clusters.map(cluster => cluster.name);

describe('what is known', () => {
  it('comes with the first full state, newest first', async () => {
    await state();
    await model.ready;
    expect(names()).toEqual(['demo', 'survey-3k']);
    expect(model.notices).toEqual(['One record cannot be used.']);
    expect(test.opened).toEqual([
      '/user/ada/jupyterlab-dask-hpc/stream?token=s%20e'
    ]);
  });

  it('changes without changing its order', async () => {
    await state();
    const survey = makeSurvey({ workers: { running: 3000 } });
    const third = makeCluster({
      id: 'c3',
      name: 'third',
      created: '2026-11-21T14:40:00Z'
    });
    test.send(change(1, { clusters: [survey, third] }));
    await until(() => expect(names()).toEqual(['third', 'demo', 'survey-3k']));
    expect(model.get(survey.id)?.workers.running).toBe(3000);
    test.send(change(2, { removed: ['c3'] }));
    await until(() => expect(names()).toEqual(['demo', 'survey-3k']));
  });

  it('goes by the server\u2019s clock', async () => {
    await state();
    expect(Math.abs(model.now() - Date.now() - 3_600_000)).toBeLessThan(60_000);
  });
});

describe('the connection', () => {
  it('begins anew after a gap, and keeps what is known meanwhile', async () => {
    await state();
    test.send(change(2, { removed: ['3f9c0a51d2'] }));
    await until(() => expect(model.connected).toBe(false));
    expect(model.connectionError).toContain('is lost');
    expect(names()).toEqual(['demo', 'survey-3k']);
    await state(2, [makeCluster()]);
    expect(names()).toEqual(['demo']);
    expect(model.connectionError).toBe('');
  });

  it('begins anew when it is lost, and wishes again', async () => {
    await state();
    const watch = model.watchJobs('3f9c0a51d2');
    await until(() => expect(test.received).toHaveLength(1));
    test.sockets[0].terminate();
    await until(() => expect(model.connected).toBe(false));
    await state(2);
    await until(() =>
      expect(test.received).toEqual([{ watch: 'jobs', id: '3f9c0a51d2' }])
    );
    watch.dispose();
  });

  it('is lost by silence, and what is shown then is old', async () => {
    await state();
    await model.ready;
    model.dispose();
    const { settings } = test;
    model = new ClusterModel(
      new ApiClient(trans, settings),
      new Stream(trans, settings, 3000)
    );
    await state(2);
    await until(() => expect(model.connected).toBe(true));
    await until(() => expect(model.connectionError).toContain('is lost'));
    expect(names()).toEqual(['demo', 'survey-3k']);
    expect(model.lastUpdate).toBeLessThanOrEqual(model.now());
    await state(3, [makeCluster()]);
    await until(() => expect(names()).toEqual(['demo']));
  });

  it('goes by the server\u2019s clock when ours is set back', async () => {
    await state();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 7_200_000);
    try {
      test.send(change(1, { server_time: '2026-11-21T15:00:00Z' }));
      await until(() =>
        expect(model.now()).toBe(Date.parse('2026-11-21T15:00:00Z'))
      );
    } finally {
      clock.mockRestore();
    }
  });

  it('says what does not fit the contract', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await state();
    test.send(change(1, { clusters: [{ id: 7 }] }));
    await until(() => expect(model.connectionError).toContain('clusters.0.id'));
    log.mockRestore();
  });
});

describe('calls', () => {
  it('show a launched cluster at once', async () => {
    await state();
    test.answers.set('POST jupyterlab-dask-hpc/clusters', {
      status: 201,
      body: makeCluster({
        id: 'new',
        name: 'new',
        created: '2026-11-21T15:00:00Z'
      })
    });
    await model.launch({ profile: 'local', workers: { jobs: 4 } });
    expect(names()[0]).toBe('new');
    expect(test.requests).toEqual([
      'POST jupyterlab-dask-hpc/clusters {"profile":"local","workers":{"jobs":4}}'
    ]);
  });

  it('change the number of workers', async () => {
    test.answers.set('PATCH jupyterlab-dask-hpc/clusters/a', {
      body: makeCluster({ id: 'a', workers: { requested: 8 } })
    });
    await model.scale('a', 8);
    expect(test.requests).toEqual([
      'PATCH jupyterlab-dask-hpc/clusters/a {"workers":{"count":8}}'
    ]);
  });

  it('ask for the profiles anew, but once for all who ask meanwhile', async () => {
    await expect(model.profiles()).rejects.toThrow('not running');
    test.answers.set('GET jupyterlab-dask-hpc/profiles', {
      body: { default: 'local', profiles: [], broken: [] }
    });
    const both = await Promise.all([model.profiles(), model.profiles()]);
    expect(both.map(each => each.default)).toEqual(['local', 'local']);
    expect(test.requests).toHaveLength(2);
    await model.profiles();
    expect(test.requests).toHaveLength(3);
  });

  it('read bytes of a log, and its size', async () => {
    test.answers.set(
      'GET jupyterlab-dask-hpc/clusters/a/logs/b.log?offset=-5&length=5',
      { body: 'h\u00e9ya', headers: { 'X-Size': '99' } }
    );
    const { bytes, size } = await model.readLog('a', 'b.log', -5, 5);
    expect(new TextDecoder().decode(bytes)).toBe('h\u00e9ya');
    expect(size).toBe(99);
  });
});

describe('jobs', () => {
  it('are shared by all who watch, until the last one goes', async () => {
    await state();
    const first = model.watchJobs('a');
    const second = model.watchJobs('a');
    await until(() => expect(test.received).toHaveLength(1));
    test.send({
      seq: 1,
      type: 'jobs',
      id: 'a',
      full: true,
      jobs: makeJobs(3),
      samples: []
    });
    await until(() => expect(second.jobs.size).toBe(4));
    const late = makeJob({ index: 3 });
    test.send({
      seq: 2,
      type: 'jobs',
      id: 'a',
      full: false,
      jobs: [late, makeJob({ index: 1, state: 'failed' })],
      samples: [[1, 2, 0, 2, 1]]
    });
    await until(() => expect(first.samples).toHaveLength(1));
    expect([...first.jobs.keys()]).toEqual([
      '4815161',
      '4815162_0',
      '4815162_1',
      '4815162_2',
      '4815162_3'
    ]);
    expect(first.jobs.get('4815162_1')?.state).toBe('failed');
    first.dispose();
    second.dispose();
    await until(() =>
      expect(test.received).toEqual([
        { watch: 'jobs', id: 'a' },
        { unwatch: 'jobs', id: 'a' }
      ])
    );
  });
});

describe('a followed log', () => {
  it('goes on where it stopped, in bytes', async () => {
    await state();
    const log = model.followLog('a', 'b.log', 10);
    const pieces: ILogPiece[] = [];
    log.received.connect((_, piece) => pieces.push(piece));
    test.send({
      seq: 1,
      type: 'log',
      id: 'a',
      file: 'b.log',
      offset: 10,
      size: 14,
      text: 'h\u00e9y',
      restarted: false
    });
    await until(() => expect(pieces).toHaveLength(1));
    test.sockets[0].terminate();
    await until(() => expect(model.connected).toBe(false));
    await state(2);
    await until(() =>
      expect(test.received).toEqual([
        { watch: 'log', id: 'a', file: 'b.log', offset: 14 }
      ])
    );
    test.send({
      seq: 1,
      type: 'error',
      message: 'No such log.',
      reason: 'unknown',
      id: 'a',
      file: 'b.log'
    });
    await until(() => expect(pieces[1]?.error).toBe('No such log.'));
  });

  /** A piece as the server sends it. */
  const piece = (seq: number, file: string, offset: number, text: string) =>
    test.send({
      seq,
      type: 'log',
      id: 'a',
      file,
      offset,
      size: offset + text.length,
      text,
      restarted: false
    });

  /** A log in a status tab, read to its end. */
  const openLog = async (file: string, text: string): Promise<OpenLog> => {
    test.answers.set(
      `GET jupyterlab-dask-hpc/clusters/a/logs/${file}?offset=-${WINDOW}&length=${WINDOW}`,
      { body: text, headers: { 'X-Size': String(text.length) } }
    );
    const log = new OpenLog(model, 'a', file);
    await log.open();
    return log;
  };
  const shown = (log: OpenLog) => log.text.lines.map(line => line.text);

  it('goes on beside another one', async () => {
    await state();
    const first = await openLog('b.log', 'one\n');
    const second = await openLog('c.log', 'uno\n');
    await until(() =>
      expect(test.received).toEqual([
        { watch: 'log', id: 'a', file: 'b.log', offset: 4 },
        { watch: 'log', id: 'a', file: 'c.log', offset: 4 }
      ])
    );
    piece(1, 'c.log', 4, 'due\n');
    piece(2, 'b.log', 4, 'two\n');
    await until(() => expect(shown(first)).toEqual(['one', 'two']));
    expect(shown(second)).toEqual(['uno', 'due']);
    second.dispose();
    piece(3, 'b.log', 8, 'three\n');
    await until(() => expect(shown(first)).toEqual(['one', 'two', 'three']));
    await until(() =>
      expect(test.received.at(-1)).toEqual({
        unwatch: 'log',
        id: 'a',
        file: 'c.log'
      })
    );
    expect(first.followed).toBe(true);
  });

  it('is shared by all who show the same file, from the byte that each of them lacks', async () => {
    await state();
    const first = await openLog('b.log', 'one\n');
    const second = await openLog('b.log', 'one\ntwo \u00e9\n'.slice(0, 4));
    const third = await openLog('b.log', 'o');
    await until(() =>
      expect(test.received).toEqual([
        { watch: 'log', id: 'a', file: 'b.log', offset: 4 },
        { watch: 'log', id: 'a', file: 'b.log', offset: 1 }
      ])
    );
    piece(1, 'b.log', 1, 'ne\ntwo \u00e9\n');
    for (const log of [first, second, third]) {
      await until(() => expect(shown(log)).toEqual(['one', 'two \u00e9']));
    }
    first.dispose();
    second.dispose();
    third.dispose();
    await until(() =>
      expect(test.received.slice(2)).toEqual([
        { unwatch: 'log', id: 'a', file: 'b.log' }
      ])
    );
  });

  it('asks again for what is missing, and takes nothing twice', async () => {
    await state();
    const log = await openLog('b.log', 'one\n');
    piece(1, 'b.log', 8, 'three\n');
    await until(() =>
      expect(test.received.slice(1)).toEqual([
        { watch: 'log', id: 'a', file: 'b.log', offset: 4 }
      ])
    );
    piece(2, 'b.log', 4, 'two\nthree\n');
    piece(3, 'b.log', 8, 'three\n');
    piece(4, 'b.log', 14, 'four\n');
    await until(() =>
      expect(shown(log)).toEqual(['one', 'two', 'three', 'four'])
    );
  });

  it('says that it is refused, and asks again when another one is closed', async () => {
    await state();
    const first = await openLog('b.log', 'one\n');
    const second = await openLog('c.log', 'uno\n');
    test.send({
      seq: 1,
      type: 'error',
      message: 'At most 16 logs.',
      reason: 'too-many',
      id: 'a',
      file: 'c.log'
    });
    await until(() => expect(second.error).toBe('At most 16 logs.'));
    expect([first.followed, second.followed]).toEqual([true, false]);
    first.dispose();
    await until(() =>
      expect(test.received.slice(2)).toEqual([
        { unwatch: 'log', id: 'a', file: 'b.log' },
        { watch: 'log', id: 'a', file: 'c.log', offset: 4 }
      ])
    );
    expect([second.followed, second.error]).toEqual([true, '']);
  });
});
