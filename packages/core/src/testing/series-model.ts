import type { SeriesPoint, SeriesQuery, SeriesRow } from "../ports/series.js";

/** One figure of a point: the smallest thing that a series keeps or replaces. */
interface Figure {
  name: string;
  at: number;
  tags: ReadonlyMap<string, string>;
  field: string;
  value: number;
}

/** A row as the model has it: where several points of one time could be the last, each of their values is right. */
export interface ModelRow {
  tags: SeriesRow["tags"];
  windows: readonly { at: number; values: readonly number[] }[];
}

/** What a `Series` is by its port, worked out the plain way: every query looks at every figure. */
export interface SeriesModel {
  write(points: readonly SeriesPoint[]): void;
  query(query: SeriesQuery): ModelRow[];
  drop(before: number): void;
}

export function seriesModel(): SeriesModel {
  let figures = new Map<string, Figure>();
  return {
    write(points) {
      for (const { name, at, tags = {}, fields } of points) {
        const pairs = Object.entries(tags)
          .filter(([, value]) => value !== "")
          .sort();
        for (const [field, value] of Object.entries(fields)) {
          const key = JSON.stringify([name, at, pairs, field]);
          figures.set(key, { name, at, tags: new Map(pairs), field, value });
        }
      }
    },
    query: (query) =>
      rowsOf(
        [...figures.values()].filter((figure) => isAskedFor(figure, query)),
        query,
      ),
    drop(before) {
      figures = new Map([...figures].filter(([, { at }]) => at >= before));
    },
  };
}

const isAskedFor = ({ name, at, tags, field }: Figure, query: SeriesQuery): boolean =>
  name === query.name &&
  field === query.field &&
  at >= query.from &&
  at < query.to &&
  Object.entries(query.where ?? {}).every(([tag, value]) => (tags.get(tag) ?? "") === value);

function rowsOf(figures: readonly Figure[], { by = [], windowMs, aggregate }: SeriesQuery): ModelRow[] {
  const valuesOf = ({ tags }: Figure): string => JSON.stringify(by.map((tag) => tags.get(tag) ?? ""));
  const distinct = <T>(items: readonly T[]): T[] => [...new Set(items)];
  const begin = ({ at }: Figure): number => Math.floor(at / windowMs) * windowMs;
  return distinct(figures.map(valuesOf))
    .map((text) => ({ text, values: JSON.parse(text) as string[] }))
    .sort((a, b) => compare(a.values, b.values))
    .map(({ text, values }) => {
      const own = figures.filter((figure) => valuesOf(figure) === text);
      const begins = distinct(own.map(begin)).sort((a, b) => a - b);
      return {
        tags: Object.fromEntries(by.map((tag, i) => [tag, values[i] ?? ""])),
        windows: begins.map((at) => ({
          at,
          values: reduce(
            own.filter((each) => begin(each) === at),
            aggregate,
          ),
        })),
      };
    });
}

function compare(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((text, i) => text !== b[i]);
  return at < 0 ? 0 : (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}

function reduce(figures: readonly Figure[], aggregate: SeriesQuery["aggregate"]): number[] {
  const values = figures.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  switch (aggregate) {
    case "sum":
      return [sum];
    case "count":
      return [values.length];
    case "mean":
      return [sum / values.length];
    case "min":
      return [Math.min(...values)];
    case "max":
      return [Math.max(...values)];
    case "last": {
      const latest = Math.max(...figures.map(({ at }) => at));
      return figures.filter(({ at }) => at === latest).map(({ value }) => value);
    }
  }
}
