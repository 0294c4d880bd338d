import { describe, expect, it } from 'vitest';

import { findMatches, matchFrom, MAX_MATCHES, saysTheSame } from './matches';

const lines = [
  { text: 'Memory: memory' },
  { text: 'a.b (c)' },
  { text: 'İ memory' }
];

describe('findMatches', () => {
  it('takes upper and lower case alike and knows where they stand', () => {
    expect(findMatches(lines, 'memory')).toEqual([
      { line: 0, from: 0, to: 6 },
      { line: 0, from: 8, to: 14 },
      { line: 2, from: 2, to: 8 }
    ]);
  });

  it('takes signs as they are', () => {
    expect(findMatches(lines, 'a.b (')).toHaveLength(1);
    expect(findMatches(lines, '.*')).toHaveLength(0);
    expect(findMatches(lines, '')).toHaveLength(0);
  });

  it('starts where it is told, and stops counting', () => {
    expect(findMatches(lines, 'memory', 1)).toHaveLength(1);
    const many = [{ text: 'x'.repeat(2 * MAX_MATCHES) }];
    expect(findMatches(many, 'x')).toHaveLength(MAX_MATCHES);
  });
});

describe('matchFrom', () => {
  it('goes on after a line, and around', () => {
    const found = findMatches(lines, 'memory');
    expect(matchFrom(found, 1)).toBe(2);
    expect(matchFrom(found, 3)).toBe(0);
  });
});

describe('saysTheSame', () => {
  it('knows a line by what does not vary', () => {
    const kind = 'tiles: row \u0001 of 94: bad';
    const head = '2026-11-21 14:33:04,645 - tiles - ERROR - [w1_5 t]';
    expect(saysTheSame(`${head} row 118,204 of 94: bad`, kind)).toBe(true);
    expect(saysTheSame(`${head} row 118,204 of 95: bad`, kind)).toBe(false);
    expect(saysTheSame('tiles: row 3 of 94: bad', kind)).toBe(true);
  });
});
