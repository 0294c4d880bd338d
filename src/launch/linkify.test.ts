import { describe, expect, it } from 'vitest';
import { linkify } from './linkify';

const links = (text: string): (string | undefined)[] =>
  linkify(text)
    .map(({ href }) => href)
    .filter(Boolean);

describe('the text on whom to ask', () => {
  it.each([
    ['the help desk', []],
    ['https://help.example.org/dask.', ['https://help.example.org/dask']],
    ['us (http://a.example/b?c=d#e), or them', ['http://a.example/b?c=d#e']],
    ['mailto:dask@example.org, soon', ['mailto:dask@example.org']],
    ['javascript:alert(1)', []],
    ['JaVaScRiPt://%0aalert(1)', []],
    ['data:text/html,<script>1</script>', []],
    ['xhttps://a.example', []],
    ['file:///etc/passwd //evil.example', []],
    ['<a href="https://a.example">x</a>', ['https://a.example']]
  ])('%s', (text, found) => {
    expect(links(text)).toEqual(found);
  });

  it('is kept whole, but for the word mailto', () => {
    const text = 'Ada (mailto:ada@example.org), or https://a.example/!';
    const texts = linkify(text).map(piece => piece.text);
    expect(texts).toEqual([
      'Ada (',
      'ada@example.org',
      '), or ',
      'https://a.example/',
      '!'
    ]);
  });
});
