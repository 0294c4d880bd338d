import { describe, expect, it } from 'vitest';

import { FakeModel } from '../../testing/model';
import { OpenLog, wholeCharacters, wholeLines, WINDOW } from './openLog';

const FILE = 'demo.worker.11_0.log';

function withFile(text: string): FakeModel {
  const model = new FakeModel();
  const bytes = new TextEncoder().encode(text);
  model.readLog.mockImplementation(async (_id, _file, offset, length) => {
    const start = offset < 0 ? Math.max(0, bytes.length + offset) : offset;
    return { bytes: bytes.slice(start, start + length), size: bytes.length };
  });
  return model;
}

async function opened(model: FakeModel): Promise<OpenLog> {
  const log = new OpenLog(model, 'id', FILE);
  await log.open();
  return log;
}

const shown = (log: OpenLog) => log.text.lines.map(line => line.text);

describe('OpenLog', () => {
  it('reads a small log whole and follows from its end', async () => {
    const model = withFile('one\ntwo é\n');
    const log = await opened(model);
    expect(shown(log)).toEqual(['one', 'two é']);
    expect(log.hasEarlier).toBe(false);
    expect(model.follows[0]).toMatchObject({ file: FILE, offset: 11 });
    model.follows[0].send({ size: 17, text: 'three\n' });
    model.follows[0].send({ size: 23, text: 'fou' });
    expect(shown(log)).toEqual(['one', 'two é', 'three', 'fou']);
    expect(log.size).toBe(23);
  });

  it('opens the end of a large log, and earlier pieces on demand', async () => {
    const line = 'x'.repeat(99);
    const total = Math.ceil((2.5 * WINDOW) / 100);
    const text = Array.from({ length: total }, (_, i) => `${i} ${line}`);
    const model = withFile(text.join('\n') + '\n');
    const log = await opened(model);
    expect(shown(log)[0]).toMatch(/^\d+ x{99}$/);
    expect(log.text.numberOf(log.text.lines[0])).toBeNull();
    while (log.hasEarlier) {
      await log.showEarlier();
    }
    expect(shown(log)).toEqual(text);
    expect(log.text.numberOf(log.text.lines[0])).toBe(1);
  });

  it('starts over when the file was written anew', async () => {
    const model = withFile('one\n');
    const log = await opened(model);
    model.follows[0].send({ text: 'anew\n', size: 5, restarted: true });
    expect(shown(log)).toEqual(['anew']);
  });

  it('drops earlier lines that it was reading when the file was written anew', async () => {
    const model = withFile(
      'x'
        .repeat(99)
        .concat('\n')
        .repeat(WINDOW / 50)
    );
    const log = await opened(model);
    const reading = log.showEarlier();
    model.follows[0].send({ text: 'anew\n', size: 5, restarted: true });
    await reading;
    expect(shown(log)).toEqual(['anew']);
  });

  it('says that it is not followed, until it is', async () => {
    const model = withFile('one\n');
    const log = await opened(model);
    expect(log.followed).toBe(true);
    model.follows[0].refused = true;
    model.follows[0].send({ error: 'At most 16 logs.' });
    expect(log.followed).toBe(false);
    expect(log.error).toBe('At most 16 logs.');
    model.follows[0].refused = false;
    model.follows[0].send({ error: '' });
    expect(log.followed).toBe(true);
    expect(log.error).toBe('');
  });

  it('waits for a log that is not there yet', async () => {
    const model = withFile('');
    model.readLog.mockRejectedValueOnce(new Error('There is no such log yet.'));
    const log = await opened(model);
    expect(log.error).toBe('There is no such log yet.');
    model.follows[0].send({ size: 6, text: 'hello\n' });
    expect(log.error).toBe('');
    expect(shown(log)).toEqual(['hello']);
  });

  it('ends its subscription with itself', async () => {
    const model = withFile('one\n');
    const log = await opened(model);
    log.dispose();
    expect(model.follows[0].isDisposed).toBe(true);
  });
});

describe('cuts', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('begin at a whole line or character', () => {
    expect(wholeLines(bytes('rest\nline'))).toBe(5);
    expect(wholeLines(bytes('€x').subarray(1))).toBe(2);
  });

  it('end at a whole character', () => {
    for (const text of ['a', 'é', '€', '🐝']) {
      const all = bytes('ab' + text);
      expect(wholeCharacters(all)).toBe(all.length);
      for (let cut = 3; cut < all.length; cut++) {
        expect(wholeCharacters(all.subarray(0, cut))).toBe(2);
      }
    }
    expect(wholeCharacters(new Uint8Array())).toBe(0);
  });
});
