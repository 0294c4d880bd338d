/** Where a text stands in the lines of a log. */

export interface IMatch {
  /** Index of the line. */
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

/** More are not counted: "10,000+". */
export const MAX_MATCHES = 10_000;

/** Every place of `query`, upper and lower case alike, from line `first` on. */
export function findMatches(
  lines: readonly { text: string }[],
  query: string,
  first = 0
): IMatch[] {
  const found: IMatch[] = [];
  if (!query) {
    return found;
  }
  const pattern = new RegExp(
    query.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    'giu'
  );
  for (let line = first; line < lines.length; line++) {
    for (const match of lines[line].text.matchAll(pattern)) {
      const from = match.index;
      found.push({ line, from, to: from + match[0].length });
      if (found.length >= MAX_MATCHES) {
        return found;
      }
    }
  }
  return found;
}

/** Index of the first match at or after a line; the first of all where there is none. */
export function matchFrom(matches: readonly IMatch[], line: number): number {
  return Math.max(
    0,
    matches.findIndex(match => match.line >= line)
  );
}

/** Whether a line says the same as the text of a kind, whose varying parts are "\u0001". */
export function saysTheSame(line: string, kind: string): boolean {
  const parts = kind.split('\u0001');
  // What stands before the message: time, level, the logger's name.
  const name = /^([\w.]+): /.exec(parts[0]);
  if (name && line.includes(` - ${name[1]} - `)) {
    parts[0] = parts[0].slice(name[0].length);
  }
  let at = 0;
  for (const part of parts) {
    at = line.indexOf(part, at);
    if (at < 0) {
      return false;
    }
    at += part.length;
  }
  return true;
}
