import { nullTranslator } from '@jupyterlab/translation';
import { act, render, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Free } from '../api/schema';
import { FakeModel } from '../testing/model';
import type { PartialRequest } from '../tokens';
import { FreeLine } from './FreeLine';
import { useFree } from './useFree';

const trans = nullTranslator.load('');
const NOTHING: NonNullable<Free> = {
  as_of: '2026-11-21T14:30:00Z',
  idle_cpus: null,
  cpus: null,
  idle_nodes: null,
  nodes: null,
  licences: [],
  jobs_limit: null,
  cpus_limit: null
};

describe('the line of what is free', () => {
  const text = (free: Free) =>
    render(<FreeLine free={free} trans={trans} />).container.textContent;

  it('is not there where nothing is known', () => {
    expect(text(null)).toBe('');
    expect(text(NOTHING)).toBe('');
  });

  it('has what the batch system tells', () => {
    expect(
      text({
        ...NOTHING,
        idle_cpus: 80,
        cpus: 1280,
        idle_nodes: 0,
        nodes: 20,
        licences: [{ name: 'sps', free: 97, total: 100 }],
        jobs_limit: 1,
        cpus_limit: 4000
      })
    ).toBe(
      '80 of 1,280 CPUs idle · 0 of 20 nodes idle · licence sps: 97 of 100 free · your limit: 1 job, 4,000 CPUs'
    );
    expect(text({ ...NOTHING, jobs_limit: 100 })).toBe('your limit: 100 jobs');
  });
});

describe('the question what is free', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const request = (profile: string, jobs = 1): PartialRequest => ({
    profile,
    workers: { jobs }
  });

  it('is asked every 30 s while somebody looks, and for another profile', async () => {
    const model = new FakeModel();
    model.free.mockResolvedValue({ ...NOTHING, cpus: 7 });
    const initialProps: { asked: PartialRequest | null } = {
      asked: request('a')
    };
    const hook = renderHook(({ asked }) => useFree(model, asked), {
      initialProps
    });
    await act(() => vi.advanceTimersByTimeAsync(29_000));
    expect(hook.result.current?.cpus).toBe(7);
    expect(model.free).toHaveBeenCalledTimes(1);
    hook.rerender({ asked: request('a', 50) });
    await act(() => vi.advanceTimersByTimeAsync(2000));
    expect(model.free).toHaveBeenCalledTimes(2);
    expect(model.free.mock.lastCall).toEqual([request('a', 50)]);
    hook.rerender({ asked: request('b') });
    expect(hook.result.current).toBe(null);
    await act(() => vi.advanceTimersByTimeAsync(0));
    expect(model.free).toHaveBeenCalledTimes(3);
    hook.rerender({ asked: null });
    await act(() => vi.advanceTimersByTimeAsync(600_000));
    expect(model.free).toHaveBeenCalledTimes(3);
  });

  it('leaves the form alone when it is refused', async () => {
    const model = new FakeModel();
    model.free.mockRejectedValue(new Error('No.'));
    const hook = renderHook(() => useFree(model, request('a')));
    await act(() => vi.advanceTimersByTimeAsync(1));
    expect(hook.result.current).toBe(null);
  });
});
