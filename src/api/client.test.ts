import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestServer } from '../testing/server';
import { DOMAIN } from '../tokens';
import { scripts } from './schema';
import { ApiClient, ServerError } from './client';

const trans = nullTranslator.load(DOMAIN);
let test: TestServer;
let client: ApiClient;

beforeEach(async () => {
  test = await new TestServer().start();
  client = new ApiClient(trans, test.settings);
});

afterEach(() => test.stop());

/** The error of asking for scripts. */
async function refusal(status?: number, body?: unknown): Promise<ServerError> {
  if (status !== undefined) {
    test.answers.set('GET jupyterlab-dask-hpc/x', { status, body });
  }
  const error: unknown = await client
    .request(scripts, ['x'])
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ServerError);
  return error as ServerError;
}

describe('a request', () => {
  it('encodes the parts of its path', async () => {
    await client.send(['clusters', 'a/../b']).catch(() => undefined);
    expect(test.requests).toEqual([
      'GET jupyterlab-dask-hpc/clusters/a%2F..%2Fb'
    ]);
  });

  it('hands on what the server says of an error', async () => {
    const error = await refusal(502, {
      message: 'Slurm refused: "Invalid account".',
      reason: 'refused',
      field: 'profile',
      detail: 'sbatch: error: Invalid account'
    });
    expect(error).toMatchObject({
      message: 'Slurm refused: "Invalid account".',
      reason: 'refused',
      field: 'profile',
      detail: 'sbatch: error: Invalid account',
      status: 502
    });
  });

  it('says how to enable an extension that is not there', async () => {
    const error = await refusal();
    expect(error.reason).toBe('missing');
    expect(error.message).toContain(
      'jupyter server extension enable jupyterlab_dask_hpc'
    );
  });

  it('names the status of an error without words of ours', async () => {
    const error = await refusal(500, { message: 'Boom', reason: null });
    expect(error.message).toContain('500 Internal Server Error');
  });

  it('names what does not fit, and thinks of an upgrade', async () => {
    const error = await refusal(200, { scripts: [{ role: 'worker' }] });
    expect(error.message).toContain('scripts.0.title');
    expect(error.message).toContain('reload the page');
  });

  it('tells a server that does not answer from one that refuses', async () => {
    await test.stop();
    const error = await refusal();
    expect(error).toMatchObject({ status: 0, reason: 'offline' });
    expect(error.message).toContain('does not answer');
    test = await new TestServer().start();
  });
});
