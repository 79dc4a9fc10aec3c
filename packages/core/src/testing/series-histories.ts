import type { SeriesAggregate, SeriesPoint, SeriesQuery, SeriesRow } from "../ports/series.js";
import { assert } from "./assert.js";
import type { TestRunner } from "./conformance.js";
import type { Arbitrary, FastCheck } from "./fast-check.js";
import { call, given, type HistoryOptions, registerHistories, type Step } from "./histories.js";
import { HOUR, MINUTE, type SeriesContext, T0 } from "./series-case.js";
import type { SeriesUnderTest } from "./series-conformance.js";
import { type ModelRow, type SeriesModel, seriesModel } from "./series-model.js";
import { withPort } from "./under-test.js";

export interface SeriesHistoriesOptions extends SeriesUnderTest, HistoryOptions {}

interface SeriesHistory extends SeriesContext {
  model: SeriesModel;
}
type SeriesStep = Step<SeriesHistory>;

const AGGREGATES: readonly SeriesAggregate[] = ["sum", "count", "mean", "min", "max", "last"];
const NAMES = ["ingest", "a b,c=d"] as const;
const FIELDS = ["n", "f 😀"] as const;
/** Quarters, of which sums are exact in whatever order. */
const VALUES = [0, 1, -1, 0.25, -2.75, 1e9, 1_099_511_627_776.25] as const;
/** At and beside the edges of windows. */
const TIMES = [0, 1, MINUTE - 1, MINUTE, MINUTE + 1, 2 * MINUTE, HOUR - 1, HOUR] as const;
const TAGS = { site: ["", "a", "b", 'é "x", y=z\n😀'], kind: ["x", "y"] } as const;

/**
 * T13: generated histories of calls run against the series and against a pure model of the port, and must agree after each step: writes
 * that add and replace, queries of every kind, drop; closing and opening again where `durable`.
 */
export function seriesHistories(runner: TestRunner, fc: FastCheck, options: SeriesHistoriesOptions): void {
  const { capabilities } = options;
  registerHistories<SeriesHistory>(runner, fc, {
    title: `series histories: ${options.name}`,
    options,
    steps: seriesSteps(fc, capabilities.durable),
    around: (run) =>
      withPort(options, ({ port, clock, reopen }) =>
        run({ series: port, clock, capabilities, reopen, model: seriesModel() }),
      ),
    finish: agreeOnAll,
  });
}

function seriesSteps(fc: FastCheck, durable: boolean): Arbitrary<SeriesStep> {
  return fc.oneof<SeriesStep>(
    { weight: 10, arbitrary: writes(fc) },
    { weight: 10, arbitrary: queries(fc) },
    { weight: 1, arbitrary: fc.constantFrom(...TIMES).map(drop) },
    ...(durable ? [{ weight: 1, arbitrary: fc.constantFrom(reopened) }] : []),
  );
}

type Tags = { site: string | undefined; kind: string | undefined };

const tagsOf = (fc: FastCheck): Arbitrary<Record<string, string>> =>
  fc
    .record<Tags>({
      site: fc.option(fc.constantFrom<string>(...TAGS.site), { nil: undefined }),
      kind: fc.option(fc.constantFrom<string>(...TAGS.kind), { nil: undefined }),
    })
    .map((tags) => given<Record<string, string>>(tags));

function writes(fc: FastCheck): Arbitrary<SeriesStep> {
  const point = fc
    .record<{ name: string; after: number; tags: Record<string, string>; n: number; f: number | undefined }>({
      name: fc.constantFrom<string>(...NAMES),
      after: fc.constantFrom<number>(...TIMES),
      tags: tagsOf(fc),
      n: fc.constantFrom<number>(...VALUES),
      f: fc.option(fc.constantFrom<number>(...VALUES), { nil: undefined }),
    })
    .map(({ name, after, tags, n, f }): SeriesPoint => {
      const fields =
        f === undefined ? { [FIELDS[0]]: n } : { [FIELDS[1]]: f, ...(n > 0 && { [FIELDS[0]]: n }) };
      return { name, at: T0 + after, tags, fields };
    });
  return fc.array(point, { minLength: 0, maxLength: 5 }).map((points) => ({
    async run({ series, model }) {
      model.write(points);
      await series.write(points);
    },
    toString: () =>
      call(
        "write",
        points.map(({ at, ...rest }) => ({ at: `T0 + ${at - T0}`, ...rest })),
      ),
  }));
}

function queries(fc: FastCheck): Arbitrary<SeriesStep> {
  const maybe = <T>(item: Arbitrary<T>): Arbitrary<T | undefined> => fc.option(item, { nil: undefined });
  return fc
    .record<
      Omit<SeriesQuery, "where" | "by"> & {
        where: Record<string, string> | undefined;
        by: string[] | undefined;
      }
    >({
      name: fc.constantFrom<string>(...NAMES),
      field: fc.constantFrom<string>(...FIELDS),
      from: fc.constantFrom(...TIMES.map((after) => T0 + after), 0),
      to: fc.constantFrom(...TIMES.map((after) => T0 + after), T0 + 24 * HOUR),
      windowMs: fc.constantFrom(1000, MINUTE, 7 * MINUTE, HOUR, 24 * HOUR),
      aggregate: fc.constantFrom<SeriesAggregate>(...AGGREGATES),
      where: maybe(tagsOf(fc)),
      by: maybe(fc.constantFrom(["site"], ["kind", "site"], ["nobody has it"])),
    })
    .map(({ where, by, ...rest }) => {
      const query: SeriesQuery = { ...rest, ...(where && { where }), ...(by && { by }) };
      return {
        run: (history: SeriesHistory) => agree(history, query),
        toString: () =>
          call("query", { ...query, from: `T0 + ${query.from - T0}`, to: `T0 + ${query.to - T0}` }),
      };
    });
}

async function agree({ series, model }: SeriesHistory, query: SeriesQuery): Promise<void> {
  const rows = await series.query(query);
  assert.equal(rows, settle(model.query(query), rows, query.aggregate), "rows");
}

/** The model's rows with, of several right values, the one that the series gave; of a mean, one that is right but for rounding. */
function settle(
  expected: readonly ModelRow[],
  rows: readonly SeriesRow[],
  aggregate: SeriesAggregate,
): SeriesRow[] {
  return expected.map(({ tags, windows }, i) => ({
    tags,
    windows: windows.map(({ at, values }, j) => {
      const value = rows[i]?.windows[j]?.value ?? Number.NaN;
      const slack = aggregate === "mean" ? 1e-9 : 0;
      const right = values.some((each) => Math.abs(each - value) <= slack * Math.abs(each));
      return { at, value: right ? value : (values[0] as number) };
    }),
  }));
}

async function agreeOnAll(history: SeriesHistory): Promise<void> {
  for (const name of NAMES) {
    for (const field of FIELDS) {
      const all = { name, field, from: 0, to: T0 + 24 * HOUR, windowMs: 1000, by: Object.keys(TAGS) };
      await agree(history, { ...all, aggregate: "sum" });
    }
  }
}

const drop = (after: number): SeriesStep => ({
  async run(history) {
    history.model.drop(T0 + after);
    await history.series.drop(T0 + after);
    await agreeOnAll(history);
  },
  toString: () => `drop(T0 + ${after})`,
});

const reopened: SeriesStep = {
  async run(history) {
    history.series = await history.reopen();
    await agreeOnAll(history);
  },
  toString: () => "reopen()",
};
