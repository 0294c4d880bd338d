/** A job's memory against what was asked for it. */
import type { TranslationBundle } from '@jupyterlab/translation';

const MB = 1024 ** 2;
const GB = 1024 ** 3;
/** Share of the limit from which a job counts as at its limit: it is killed before the last byte is reported. */
const LIMIT_SHARE = 0.97;

/** "2.1 of 3.0 GB", both in one unit, from bytes; empty when the peak is not known. */
export function memoryWords(
  peak: number | null,
  asked: number | null,
  trans: TranslationBundle
): string {
  if (peak === null) {
    return '';
  }
  const [size, unit] =
    (asked ?? peak) >= GB ? [GB, trans.__('GB')] : [MB, trans.__('MB')];
  const figure = (bytes: number) =>
    size === GB ? (bytes / size).toFixed(1) : `${Math.round(bytes / size)}`;
  return asked
    ? trans.__('%1 of %2 %3', figure(peak), figure(asked), unit)
    : `${figure(peak)} ${unit}`;
}

export function atLimit(peak: number | null, asked: number | null): boolean {
  return peak !== null && asked !== null && peak >= LIMIT_SHARE * asked;
}
