/** A figure that tells itself in Prometheus's text exposition format 0.0.4. */
export interface Instrument {
  render(): string;
}

export type Labels = Readonly<Record<string, string>>;

export interface Counter extends Instrument {
  add(labels: Labels, by?: number): void;
  /** Over all labels that include these. */
  sum(labels?: Labels): number;
}

export interface Histogram extends Instrument {
  observe(labels: Labels, value: number): void;
}

interface Described {
  /** In base units: seconds, bytes. */
  name: string;
  help: string;
}

/** Further label sets are counted together under `overflow`, so that no caller can make memory grow. */
const MAX_SERIES = 1000;
const OVERFLOW = '{overflow="true"}';

const escapeLabel = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

function keyOf(labels: Labels): string {
  let text = "";
  for (const name in labels)
    text += `${text === "" ? "" : ","}${name}="${escapeLabel(labels[name] as string)}"`;
  return text === "" ? "" : `{${text}}`;
}

const head = ({ name, help }: Described, type: string): string =>
  `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${type}\n`;

const numeral = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);

/** The entry of a label set, made if there is room for it. */
function entry<T>(series: Map<string, T>, labels: Labels, make: (labels: Labels) => T): T {
  let key = keyOf(labels);
  let found = series.get(key);
  if (found !== undefined) return found;
  if (series.size >= MAX_SERIES) {
    key = OVERFLOW;
    found = series.get(key);
    if (found !== undefined) return found;
  }
  found = make(key === OVERFLOW ? { overflow: "true" } : labels);
  series.set(key, found);
  return found;
}

/** Only ever grows; its name ends in `_total`. */
export function createCounter(described: Described): Counter {
  const series = new Map<string, { labels: Labels; value: number }>();
  return {
    add(labels, by = 1) {
      entry(series, labels, (own) => ({ labels: own, value: 0 })).value += by;
    },
    sum(labels = {}) {
      let sum = 0;
      for (const one of series.values())
        if (Object.entries(labels).every(([name, value]) => one.labels[name] === value)) sum += one.value;
      return sum;
    },
    render() {
      let text = head(described, "counter");
      for (const [key, { value }] of series) text += `${described.name}${key} ${numeral(value)}\n`;
      return text;
    },
  };
}

/** Asked when it is told; null where there is nothing to tell. */
export function createGauge(
  described: Described & { type?: "gauge" | "counter" },
  read: () => number | null | readonly (readonly [Labels, number])[],
): Instrument {
  return {
    render() {
      const found = read();
      const values = typeof found === "number" ? [[{}, found] as const] : (found ?? []);
      let text = head(described, described.type ?? "gauge");
      for (const [labels, value] of values) text += `${described.name}${keyOf(labels)} ${numeral(value)}\n`;
      return text;
    },
  };
}

/** Upper bounds in seconds, from a memory access away to far too long. */
export const LATENCY_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

export function createHistogram(
  described: Described,
  bounds: readonly number[] = LATENCY_BUCKETS,
): Histogram {
  interface Series {
    labels: Labels;
    /** One more than bounds: what lies above them all. */
    counts: Float64Array;
    sum: number;
  }
  const series = new Map<string, Series>();
  return {
    observe(labels, value) {
      const own = entry(series, labels, (kept) => ({
        labels: kept,
        counts: new Float64Array(bounds.length + 1),
        sum: 0,
      }));
      let place = 0;
      while (place < bounds.length && value > (bounds[place] as number)) place++;
      own.counts[place] = (own.counts[place] as number) + 1;
      own.sum += value;
    },
    render() {
      const { name } = described;
      let text = head(described, "histogram");
      for (const [key, { labels, counts, sum }] of series) {
        let below = 0;
        counts.forEach((count, place) => {
          below += count;
          const le = numeral(bounds[place] ?? Number.POSITIVE_INFINITY);
          text += `${name}_bucket${keyOf({ ...labels, le })} ${below}\n`;
        });
        text += `${name}_sum${key} ${numeral(sum)}\n${name}_count${key} ${below}\n`;
      }
      return text;
    },
  };
}
