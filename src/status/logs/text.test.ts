import { describe, expect, it } from 'vitest';

import { LogText, MAX_LINE_LENGTH, MAX_CHARACTERS } from './text';

const shown = (log: LogText) => log.lines.map(line => line.text);
const numbers = (log: LogText) => log.lines.map(line => log.numberOf(line));

describe('LogText', () => {
  it('joins pieces wherever they were cut', () => {
    const text = 'one\r\ntwo\n\nthree\rfour\nfive';
    const whole = new LogText();
    whole.append(text);
    expect(shown(whole)).toEqual(['one', 'two', '', 'three', 'four', 'five']);
    expect(numbers(whole)).toEqual([1, 2, 3, 4, null, 5]);
    for (let cut = 1; cut < text.length; cut++) {
      const log = new LogText();
      log.append(text.slice(0, cut));
      log.append(text.slice(cut));
      expect(shown(log)).toEqual(shown(whole));
      expect(numbers(log)).toEqual(numbers(whole));
    }
  });

  it('says from where lines are new', () => {
    const log = new LogText();
    log.append('one\ntw');
    expect(log.append('o\nthree\n')).toEqual({ type: 'append', from: 1 });
    expect(shown(log)).toEqual(['one', 'two', 'three']);
    expect(log.append('four')).toEqual({ type: 'append', from: 3 });
  });

  it('counts an unfinished warning once', () => {
    const log = new LogText();
    log.append('WARNING: a');
    log.append(' long');
    log.append(' one\nERROR: b\n');
    expect(log.count('warning')).toBe(1);
    expect(log.count('error')).toBe(1);
  });

  it('marks the exception of a traceback, and keeps its lines together', () => {
    const log = new LogText();
    log.append(
      'INFO a\nTraceback (most recent call last):\n  File "a.py"\nValueError: b\nINFO c\n'
    );
    expect(log.count('error')).toBe(1);
    expect(log.lines.map(line => line.level)).toEqual([
      null,
      'error',
      'error',
      'error',
      null
    ]);
    expect(log.lines[3].mark).toEqual({ level: 'error', from: 0, to: 10 });
  });

  it('knows no numbers before it reaches the beginning', () => {
    const log = new LogText(false);
    log.append('three\nfour\n');
    expect(numbers(log)).toEqual([null, null]);
    log.prepend('one\ntwo\n', true);
    expect(shown(log)).toEqual(['one', 'two', 'three', 'four']);
    expect(numbers(log)).toEqual([1, 2, 3, 4]);
    expect(log.indexOf(3)).toBe(2);
    log.append('five\n');
    expect(log.indexOf(5)).toBe(4);
  });

  it('joins a line that was cut at the front', () => {
    const log = new LogText(false);
    log.append('rest of two\nthree\n');
    log.prepend('one\ntwo and ', true);
    expect(shown(log)).toEqual(['one', 'two and ', 'rest of two', 'three']);
    expect(numbers(log)).toEqual([1, 2, null, 3]);
  });

  it('keeps ids in order at both ends', () => {
    const log = new LogText(false);
    log.append('b\nc\n');
    log.prepend('a\n', false);
    log.append('d\n');
    const ids = log.lines.map(line => line.id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(4);
  });

  it('breaks an endless line and never a character', () => {
    const log = new LogText();
    const text = 'x' + '🐝'.repeat(MAX_LINE_LENGTH);
    for (let at = 0; at < text.length; at += 1000) {
      log.append(text.slice(at, at + 1000));
    }
    expect(shown(log).join('')).toBe(text);
    expect(log.lines.every(line => line.text.length <= MAX_LINE_LENGTH)).toBe(
      true
    );
    expect(numbers(log).filter(number => number !== null)).toEqual([1]);
  });

  it('leaves out what a terminal would obey', () => {
    const log = new LogText();
    log.append(
      '\u001b[1;31mred\u001b[0m\u001b[2J \u001b]0;title\u0007\u001b]8;;http://x\u001b\\link\n\u001a\n'
    );
    expect(shown(log)).toEqual(['red link', '\ufffd']);
  });

  it('keeps memory bounded and numbers right', () => {
    const log = new LogText();
    const line = 'x'.repeat(1023) + '\n';
    const lines = MAX_CHARACTERS / 1024 + 4096;
    for (let at = 0; at < lines; at += 1024) {
      log.append(line.repeat(1024));
    }
    const characters = log.lines.reduce(
      (sum, { text }) => sum + text.length,
      0
    );
    expect(characters).toBeLessThanOrEqual(MAX_CHARACTERS);
    expect(log.trimmed).toBe(true);
    expect(log.numberOf(log.lines[log.lines.length - 1])).toBe(lines);
  });
});
