/** Figures as they are read. Symbols of units are not translated. */
import { locale } from '../messages/locale';
import { writeTime } from './units';

const formats = new Map<string, Intl.NumberFormat>();

/** A figure with so many decimals at most. */
function decimal(value: number, digits: number): string {
  const key = `${locale() ?? ''} ${digits}`;
  const format =
    formats.get(key) ??
    new Intl.NumberFormat(locale(), { maximumFractionDigits: digits });
  formats.set(key, format);
  return format.format(value);
}

/** `2,314`. */
export function count(value: number): string {
  return decimal(value, 0);
}

/**
 * `120 GB`, `2.1 GB`, `512 MB` of bytes. 1 GB is 2^30 bytes, as batch systems
 * count, but 1,000 GB are 1 TB, so that 3,000 workers of 3G make 9 TB.
 */
export function memory(bytes: number): string {
  const gigabytes = bytes / 2 ** 30;
  return gigabytes >= 1000
    ? `${figure(gigabytes / 1000)} TB`
    : scaled(bytes, ['MB', 'GB'], 2 ** 20);
}

/** `8`, `0.4`, `0.02` hours of seconds: two digits of a small figure, and no fraction of a large one. */
export function cpuHours(seconds: number): string {
  const hours = seconds / 3600;
  return decimal(hours, hours >= 10 ? 0 : hours >= 0.1 ? 1 : 2);
}

/** `0 B`, `1.4 KB`, `23 MB` of bytes, 1 KB being 1024 bytes. */
export function fileSize(bytes: number): string {
  return scaled(bytes, ['B', 'KB', 'MB', 'GB', 'TB'], 1);
}

/** `1 h 48 min`, `7 min`, `45 s`, `2 d 3 h` of seconds; never more than two units. */
export function duration(seconds: number): string {
  const left = Math.max(0, Math.round(seconds));
  if (left < 60) {
    return `${left} s`;
  }
  const minutes = Math.floor(left / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  return minutes < 24 * 60
    ? pair(minutes, 60, 'h', 'min')
    : pair(Math.floor(minutes / 60), 24, 'd', 'h');
}

/** `16:22`, local, of milliseconds since the epoch; the day is named when it is not that of `now`. */
export function clock(time: number, now: number = time): string {
  const date = new Date(time);
  const text = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return date.toDateString() === new Date(now).toDateString()
    ? text
    : `${date.toLocaleDateString(locale(), { day: 'numeric', month: 'short' })}, ${text}`;
}

/** `00:05:19`, `1-02:00:00` of seconds. */
export function elapsed(seconds: number): string {
  return writeTime(Math.max(0, Math.floor(seconds)));
}

/** `77 %` of a share from 0 to 1; 100 only when all are there. */
export function percent(share: number): string {
  return `${share < 1 ? Math.min(99, Math.floor(share * 100)) : 100} %`;
}

function pair(value: number, base: number, big: string, small: string): string {
  const rest = value % base;
  const head = `${Math.floor(value / base)} ${big}`;
  return rest ? `${head} ${rest} ${small}` : head;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function figure(value: number): string {
  return decimal(value, value < 9.95 ? 1 : 0);
}

function scaled(bytes: number, units: string[], first: number): string {
  let value = bytes / first;
  let step = 0;
  while (value >= 1023.5 && step < units.length - 1) {
    value /= 1024;
    step++;
  }
  return `${figure(value)} ${units[step]}`;
}
