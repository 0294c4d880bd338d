import { describe, expect, it } from 'vitest';
import { parseMemory, parseTime, writeMemory, writeTime } from './units';

const G = 2 ** 30;

describe('memory', () => {
  it.each([
    ['3G', 3 * G],
    ['3072M', 3 * G],
    ['3 GiB', 3 * G],
    ['3gb', 3 * G],
    ['1.5G', 1.5 * G],
    [' 2T ', 2048 * G],
    ['512K', 2 ** 19]
  ])('%j is %d bytes', (text, bytes) => {
    expect(parseMemory(text)).toBe(bytes);
  });

  it.each(['', '3', 'G', '-1G', '3X', '3 G G', '1e3G', '3G\n;', 'NaN'])(
    '%j is none',
    text => {
      expect(parseMemory(text)).toBeNull();
    }
  );

  it('reads what it writes', () => {
    for (let kilobytes = 1; kilobytes < 2 ** 40; kilobytes *= 3) {
      const bytes = kilobytes * 1024;
      expect(parseMemory(writeMemory(bytes))).toBe(bytes);
    }
    expect(writeMemory(3 * G)).toBe('3G');
    expect(writeMemory(1025)).toBe('2K');
  });
});

describe('time', () => {
  it.each([
    ['02:00:00', 7200],
    ['90:00', 5400],
    ['1-00:00:00', 86400],
    ['1-12:00', 129600],
    ['2h', 7200],
    ['1h30m', 5400],
    ['1 h 30 min', 5400],
    ['45m', 2700],
    ['90s', 90],
    ['1d', 86400]
  ])('%j is %d seconds', (text, seconds) => {
    expect(parseTime(text)).toBe(seconds);
  });

  it.each([
    '',
    '2',
    'h',
    '-1h',
    '1h-',
    '01:75:00',
    '00:00:75',
    '2h1d',
    '1:2:3:4'
  ])('%j is none', text => {
    expect(parseTime(text)).toBeNull();
  });

  it('reads what it writes', () => {
    for (let seconds = 1; seconds < 10 ** 8; seconds = seconds * 3 + 1) {
      expect(parseTime(writeTime(seconds))).toBe(seconds);
    }
    expect(writeTime(86400)).toBe('1-00:00:00');
  });
});
