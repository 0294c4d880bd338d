/** Names that a cluster may take. */

/** What a form offers before anything was typed. */
export const FIRST_NAME = 'dask-1';

/**
 * The next name after `base` that is free: `demo`, `demo-2`, `demo-3`.
 *
 * @param base - kept where it is free.
 * @param taken - names in use.
 * @param longest - characters a name may have; `base` is cut where its number would not fit.
 */
export function freeName(
  base: string,
  taken: ReadonlySet<string>,
  longest = Infinity
): string {
  return taken.has(base)
    ? freeName(following(base, longest), taken, longest)
    : base;
}

/** `demo-2` after `demo`, `dask-2` after `dask-1`. */
export function following(base: string, longest = Infinity): string {
  const [, stem, number] = /^(.*?)(?:-(\d{1,9}))?$/.exec(base) ?? [];
  const ending = `-${Number(number ?? 1) + 1}`;
  return stem.slice(0, Math.max(0, longest - ending.length)) + ending;
}

/** The nearest name of letters, digits, - and _; empty when there is nothing to keep. */
export function plainName(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^A-Za-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
