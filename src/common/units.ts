/**
 * Whole numbers, memory and time as people write them. The same grammar as
 * `docs/contract.md`, "Request"; 1 G is 1024 M, as batch systems count.
 */

import { digitGroup } from '../messages/locale';

const SIZES: Record<string, number> = {
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40
};

const MEMORY = /^(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B)?$/i;
const CLOCK = /^(?:(\d+)-)?(\d+):(\d{1,2})(?::(\d{1,2}))?$/;
const WORDS =
  /^(?=\d)(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?$/i;

/** A text longer than this is no figure. */
const MAX_LENGTH = 40;

/** The whole number of `4`, `3,000` (or as the user's language groups digits), `-1`; null for anything else. */
export function parseWhole(text: string): number | null {
  const group = digitGroup();
  const plain = text
    .trim()
    .replaceAll(group, ',')
    .replace(/\s/g, space => (/\s/.test(group) ? ',' : space));
  return /^-?(\d+|\d{1,3}(,\d{3})+)$/.test(plain)
    ? Number(plain.replaceAll(',', ''))
    : null;
}

/** Bytes of `3G`, `3072M`, `3 GiB`; null for anything else, a number without a unit included. */
export function parseMemory(text: string): number | null {
  const match = MEMORY.exec(text.trim());
  return match && text.length <= MAX_LENGTH
    ? Math.round(Number(match[1]) * SIZES[match[2].toUpperCase()])
    : null;
}

/** The shortest exact text, `3G` for 3 * 2**30; bytes that are no whole K are rounded up. */
export function writeMemory(bytes: number): string {
  const unit = ['T', 'G', 'M'].find(
    each => bytes > 0 && bytes % SIZES[each] === 0
  );
  return unit ? `${bytes / SIZES[unit]}${unit}` : `${Math.ceil(bytes / 1024)}K`;
}

/**
 * Seconds of `02:00:00`, `90:00` (minutes and seconds), `1-00:00:00`,
 * `1-12:00` (days, hours and minutes), `2h`, `1h30m`; null for anything else.
 */
export function parseTime(text: string): number | null {
  const plain = text.trim();
  if (plain.length > MAX_LENGTH) {
    return null;
  }
  const clock = CLOCK.exec(plain);
  if (clock) {
    const [days, first, second, third] = clock
      .slice(1)
      .map(part => (part === undefined ? null : Number(part)));
    const [hours, minutes, seconds] =
      days !== null || third !== null
        ? [first ?? 0, second ?? 0, third ?? 0]
        : [0, first ?? 0, second ?? 0];
    const carries = hours > 0 || (days ?? 0) > 0;
    return (minutes > 59 && carries) || seconds > 59
      ? null
      : inSeconds(days ?? 0, hours, minutes, seconds);
  }
  const words = WORDS.exec(plain);
  return (
    words &&
    inSeconds(
      ...(words.slice(1).map(part => Number(part ?? 0)) as [
        number,
        number,
        number,
        number
      ])
    )
  );
}

/** `02:00:00`, and `1-00:00:00` from a whole day on. */
export function writeTime(seconds: number): string {
  const two = (figure: number): string => String(figure).padStart(2, '0');
  const days = Math.floor(seconds / 86400);
  const clock = [
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60
  ].map(two);
  return (days ? `${days}-` : '') + clock.join(':');
}

function inSeconds(
  days: number,
  hours: number,
  minutes: number,
  seconds: number
): number {
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
