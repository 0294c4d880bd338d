import { describe, expect, it } from 'vitest';
import { following, freeName, plainName } from './names';

describe('freeName', () => {
  it('keeps a name that is free and counts on from one that is not', () => {
    expect(freeName('demo', new Set())).toBe('demo');
    expect(freeName('demo', new Set(['demo']))).toBe('demo-2');
    expect(freeName('demo', new Set(['demo', 'demo-2']))).toBe('demo-3');
    expect(freeName('dask-1', new Set(['dask-1']))).toBe('dask-2');
  });

  it('stays within the longest name, whatever is taken', () => {
    const taken = new Set<string>();
    for (let number = 0; number < 120; number++) {
      const name = freeName('n'.repeat(40), taken, 40);
      expect(name).toMatch(/^[n0-9-]{1,40}$/);
      expect(taken).not.toContain(name);
      taken.add(name);
    }
  });

  it('does not count on a date', () => {
    expect(following('run-20261121143000')).toBe('run-20261121143000-2');
  });
});

describe('plainName', () => {
  it.each([
    ['halo masses', 'halo-masses'],
    ['  Été à Genève ', 'Ete-a-Geneve'],
    ['$(rm -rf ~)', 'rm-rf'],
    ['../../etc', 'etc'],
    ['a"b\nc', 'a-b-c'],
    ['日本', '']
  ])('%j becomes %j', (typed, plain) => {
    expect(plainName(typed)).toBe(plain);
  });
});
