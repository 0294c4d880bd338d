import { describe, expect, it } from 'vitest';

import lines from '../../../tests/logs/log_lines.json';
import { beginsTraceback, levelMark } from './levels';

describe('levelMark', () => {
  it.each(lines as [string, string | null][])('%s', (line, level) => {
    expect(levelMark(line)?.level ?? null).toBe(level);
  });

  it('points at the word that says so', () => {
    const line = '14:32:46,633  WARNING  memory: WARNING twice';
    const mark = levelMark(line)!;
    expect(line.slice(mark.from, mark.to)).toBe('WARNING');
    expect(mark.from).toBe(14);
  });
});

describe('beginsTraceback', () => {
  it('knows plain and grouped ones', () => {
    expect(beginsTraceback('Traceback (most recent call last):')).toBe(true);
    expect(
      beginsTraceback('  + Exception Group Traceback (most recent call last):')
    ).toBe(true);
    expect(beginsTraceback('no Traceback here')).toBe(false);
  });
});
