/** The site's text on whom to ask, and the links in it. */

/** A piece of that text; `href` where it is a link. */
export interface Piece {
  text: string;
  href?: string;
}

/** Schemes that only lead somewhere; `javascript:` and its like stay text. */
const LINK = /\b(?:https?:\/\/|mailto:)[^\s<>"']+/gi;
/** What ends a sentence or a bracket is no part of a link. */
const END = /[.,;:!?)\]]+$/;

export function linkify(text: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const href = match[0].replace(END, '');
    found.push({ text: text.slice(at, match.index) });
    found.push({ text: href.replace(/^mailto:/i, ''), href });
    at = match.index + href.length;
  }
  found.push({ text: text.slice(at) });
  return found.filter(piece => piece.text);
}
