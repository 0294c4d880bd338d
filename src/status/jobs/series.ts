/** Counts over time, as what a plot needs: stacked edges, ticks, places of labels. No DOM in here. */
import type { Sample } from '../../api/schema';

/** Bottom to top, as in the bar. */
export const LAYERS = ['running', 'connecting', 'pending', 'failed'] as const;
export type Layer = (typeof LAYERS)[number];

/** Of a sample, in the order of `LAYERS`. */
export function layersOf([
  ,
  pending,
  connecting,
  running,
  failed
]: Sample): number[] {
  return [running, connecting, pending, failed];
}

/**
 * The same counts as points of a line: a count holds until the next sample, and the last one until `until`, in seconds.
 */
export function held(samples: readonly Sample[], until: number): Sample[] {
  const points: Sample[] = [];
  samples.forEach((sample, i) => {
    points.push(sample);
    const next = samples[i + 1]?.[0] ?? Math.max(until, sample[0]);
    const [, ...counts] = sample;
    points.push([next, ...counts]);
  });
  return points;
}

/** The lower and the upper edge of each layer, per sample. */
export function stack(samples: readonly Sample[]): [number, number][][] {
  const edges: [number, number][][] = LAYERS.map(() => []);
  for (const sample of samples) {
    let top = 0;
    layersOf(sample).forEach((value, layer) => {
      edges[layer].push([top, top + value]);
      top += value;
    });
  }
  return edges;
}

/** The largest total, at least 1. */
export function peak(samples: readonly Sample[]): number {
  return samples.reduce((most, sample) => {
    const total = layersOf(sample).reduce((sum, value) => sum + value, 0);
    return Math.max(most, total);
  }, 1);
}

/** When jobs began to fail, in seconds since the epoch, or null. */
export function failuresBegan(samples: readonly Sample[]): number | null {
  return samples.find(sample => sample[4] > 0)?.[0] ?? null;
}

/** Round counts from 0 on; the last is `most` or less, three or four of them. */
export function countTicks(most: number): number[] {
  const rough = most / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(
    1,
    [1, 2, 5, 10]
      .map(digit => digit * power)
      .find(size => size >= rough * 0.99) ?? 1
  );
  return steps(0, most, step);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const SPANS = [
  ...[1, 2, 4, 5, 10, 15, 30].map(minutes => minutes * MINUTE),
  ...[1, 2, 4, 6, 12, 24, 48, 96].map(hours => hours * HOUR)
];

/**
 * Round times of the local clock between two, at most five.
 * All in seconds; `offset` is what to add to UTC for local time.
 */
export function timeTicks(from: number, to: number, offset: number): number[] {
  const span =
    SPANS.find(size => (to - from) / size <= 4) ?? SPANS[SPANS.length - 1];
  const first = Math.ceil((from + offset) / span) * span - offset;
  return steps(first, to, span);
}

function steps(from: number, to: number, step: number): number[] {
  const count = Math.max(0, Math.floor((to - from) / step + 1e-9) + 1);
  return Array.from({ length: count }, (_, i) => from + i * step);
}

/**
 * Labels moved apart, so that none covers the next: wanted places in
 * ascending order become places at least `gap` apart and within 0 to `end`.
 */
export function spread(
  wanted: readonly number[],
  gap: number,
  end: number
): number[] {
  const places: number[] = [];
  wanted.forEach((place, i) => {
    places.push(
      i === 0 ? Math.max(0, place) : Math.max(place, places[i - 1] + gap)
    );
  });
  for (let i = places.length - 1, limit = end; i >= 0; i--, limit -= gap) {
    places[i] = Math.min(places[i], limit);
  }
  return places;
}

/** At most `count` samples, evenly taken, the last always among them. */
export function thin(samples: readonly Sample[], count: number): Sample[] {
  const every = Math.ceil(samples.length / count);
  const last = samples.length - 1;
  return samples.filter((_, i) => (last - i) % every === 0);
}

/** The last sample of each minute, as a table whose times tell minutes needs them. */
export function perMinute(samples: readonly Sample[]): Sample[] {
  const minute = (sample?: Sample) => sample && Math.floor(sample[0] / MINUTE);
  return samples.filter(
    (sample, i) => minute(sample) !== minute(samples[i + 1])
  );
}
