/** The latest measurements, for figures of "now". */
export interface Window {
  /** `weight`: how much it counts for, where it stands for many. */
  add(value: number, weight?: number): void;
  /** Those of the last `spanMs`, in ascending order; fewer where more than the window holds came in that time. */
  values(): Float64Array;
  /** How many came in the span, also beyond those that are held. */
  count(): number;
}

export interface WindowOptions {
  now(): number;
  /** Default: one minute. */
  spanMs?: number;
  /** Measurements held at most (default 4,096). */
  size?: number;
}

const SLOTS = 60;

/** Memory of fixed size: a ring of values with their times, and a ring of counts by sixtieth of the span. */
export function createWindow({ now, spanMs = 60_000, size = 4096 }: WindowOptions): Window {
  const values = new Float64Array(size);
  const times = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
  const counts = new Float64Array(SLOTS);
  const slots = new Float64Array(SLOTS).fill(Number.NEGATIVE_INFINITY);
  const slotMs = spanMs / SLOTS;
  let next = 0;
  return {
    add(value, weight = 1) {
      const at = now();
      values[next] = value;
      times[next] = at;
      next = (next + 1) % size;
      const slot = Math.floor(at / slotMs);
      const place = slot % SLOTS;
      counts[place] = slots[place] === slot ? (counts[place] as number) + weight : weight;
      slots[place] = slot;
    },
    values() {
      const since = now() - spanMs;
      return values.filter((_, i) => (times[i] as number) > since).sort();
    },
    count() {
      const slot = Math.floor(now() / slotMs);
      let count = 0;
      for (let place = 0; place < SLOTS; place++) {
        const age = slot - (slots[place] as number);
        if (age >= 0 && age < SLOTS) count += counts[place] as number;
      }
      return count;
    },
  };
}

/** The nearest-rank percentile of ascending values, `share` in (0, 1]; null of none. */
export function percentile(sorted: Float64Array, share: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}
