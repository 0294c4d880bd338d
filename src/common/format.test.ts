import { describe, expect, it } from 'vitest';
import {
  clock,
  count,
  duration,
  elapsed,
  fileSize,
  memory,
  percent
} from './format';

describe('figures', () => {
  it.each([
    [0, '0'],
    [2314, '2,314']
  ])('counts %d as %s', (value, text) => {
    expect(count(value)).toBe(text);
  });

  it.each([
    [3 * 2 ** 30, '3 GB'],
    [120 * 2 ** 30, '120 GB'],
    [2.1 * 2 ** 30, '2.1 GB'],
    [512 * 2 ** 20, '512 MB'],
    [9000 * 2 ** 30, '9 TB']
  ])('writes %d bytes of memory as %s', (bytes, text) => {
    expect(memory(bytes)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1434, '1.4 KB'],
    [23 * 2 ** 20, '23 MB']
  ])('writes a file of %d bytes as %s', (bytes, text) => {
    expect(fileSize(bytes)).toBe(text);
  });

  it.each([
    [-5, '0 s'],
    [45, '45 s'],
    [60, '1 min'],
    [3599, '59 min'],
    [3600, '1 h'],
    [6480, '1 h 48 min'],
    [86_400 + 3 * 3600 + 59, '1 d 3 h']
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('writes elapsed time as batch systems do', () => {
    expect(elapsed(319)).toBe('00:05:19');
    expect(elapsed(93_600)).toBe('1-02:00:00');
  });

  it('never says 100 % before all are there', () => {
    expect(percent(2999 / 3000)).toBe('99 %');
    expect(percent(1)).toBe('100 %');
    expect(percent(0)).toBe('0 %');
  });

  it('names the day of a time that is not today', () => {
    const noon = new Date(2026, 10, 21, 16, 22).getTime();
    expect(clock(noon)).toBe('16:22');
    expect(clock(noon + 86_400_000, noon)).toBe('Nov 22, 16:22');
  });
});
