import { AttuneError, FEATURES, FEATURES_VERSION } from "@attune/core";
import type { History, LeftOut, TrainingLabel, TrainingTable, TrainingTableOptions } from "./types.js";
import { sampleVisitors } from "./sample-visitors.js";
import { type VisitorRow, visitorRows } from "./visitor-rows.js";

/** Rows of a table unless told otherwise. */
export const MOST_ROWS = 200_000;

function checkLabel(label: TrainingLabel): void {
  const isTime = label.kind === "depth" || (label.withinMs > 0 && label.withinMs < Number.POSITIVE_INFINITY);
  const isDepth = label.kind !== "depth" || (label.depth > 0 && label.depth <= 1);
  const isEvent = label.kind !== "event" || label.event !== "";
  if (isTime && isDepth && isEvent) return;
  throw new AttuneError(
    "ATTUNE_ML_LABEL",
    "What is to be predicted is an event within a time (ms, above 0), a return within a time, or a depth above 0, up to 1.",
    { path: "/label" },
  );
}

function checkedMoment(atEvent: number): number {
  if (Number.isInteger(atEvent) && atEvent >= 1) return atEvent;
  throw new AttuneError("ATTUNE_ML_MOMENT", "A row is taken at the first or a later event of a session.", {
    path: "/atEvent",
  });
}

function checkedMost(maxRows: number): number {
  if (Number.isInteger(maxRows) && maxRows >= 1) return maxRows;
  throw new AttuneError("ATTUNE_ML_MAX_ROWS", "A table has one row at most, or more: give a whole number.", {
    path: "/maxRows",
  });
}

/** A table that grows by one visitor after another. */
interface Growing {
  add(history: History): void;
  table(): TrainingTable;
}

function growing(options: TrainingTableOptions): Growing {
  const { label, until, from = Number.NEGATIVE_INFINITY, purposes = ["personalization"], seed = 1 } = options;
  checkLabel(label);
  const asked = { label, until, from, atEvent: checkedMoment(options.atEvent ?? 3) };
  const sample = sampleVisitors<VisitorRow>({ most: checkedMost(options.maxRows ?? MOST_ROWS), seed });
  const leftOut: LeftOut = { censored: 0, settled: 0, early: 0 };
  let visitors = 0;
  return {
    add(history) {
      const covered = history.filter(({ consent }) =>
        purposes.every((purpose) => purpose === "necessary" || consent.purposes.includes(purpose)),
      );
      if (covered.length === 0) return;
      const own = visitorRows(covered, asked);
      sample.add(own.rows);
      for (const why of ["censored", "settled", "early"] as const) leftOut[why] += own.leftOut[why];
      visitors += 1;
    },
    table() {
      const { kept, seen } = sample.drawn();
      return { ...tableOf(kept, leftOut), ...sizes(kept, { rows: seen, visitors }) };
    },
  };
}

function sizes(
  kept: readonly (readonly VisitorRow[])[],
  all: { rows: number; visitors: number },
): Pick<TrainingTable, "visitors" | "sampledFrom"> {
  const rows = kept.reduce((sum, own) => sum + own.length, 0);
  return rows === all.rows ? { visitors: all.visitors } : { visitors: kept.length, sampledFrom: all };
}

function tableOf(
  kept: readonly (readonly VisitorRow[])[],
  leftOut: LeftOut,
): Omit<TrainingTable, "visitors" | "sampledFrom"> {
  const found = kept.flat();
  const width = FEATURES.length;
  const rows = new Float64Array(found.length * width);
  found.forEach((row, i) => rows.set(row.features, i * width));
  return {
    ...{ inputs: FEATURES.map(({ name }) => name), featuresVersion: FEATURES_VERSION, rows },
    labels: Uint8Array.from(found, (row) => row.label),
    groups: Int32Array.from(kept.flatMap((own, visitor) => own.map(() => visitor))),
    times: Float64Array.from(found, (row) => row.at),
    slices: { device: found.map(({ device }) => device), region: found.map(({ region }) => region) },
    leftOut,
  };
}

/**
 * What visitors were like at a moment of their visits, and what became of it: rows to train on without a look ahead. A row is taken at the n-th event of each session, when it was not
 * known yet how the visit would go on; features come from the fold of what had come until then, exactly as page and server would have had them. A row whose time to come reaches
 * beyond `until` is left out, whatever is known of it by then. Of more than `maxRows` a sample of whole visitors is taken, which the table says.
 *
 * Pure; O(events × features) in time, and a quarter more than `maxRows` at most in memory. Histories are read one by one, so that they need not all be in memory.
 *
 * @param histories One for each visitor, in the order in which its events were folded.
 * @throws AttuneError `ATTUNE_ML_LABEL`, `ATTUNE_ML_MOMENT`, `ATTUNE_ML_MAX_ROWS`.
 */
export async function trainingTable(
  histories: Iterable<History> | AsyncIterable<History>,
  options: TrainingTableOptions,
): Promise<TrainingTable> {
  const [table] = await trainingTables(histories, [options]);
  return table as TrainingTable;
}

/**
 * Several tables of the same visitors, as with several labels, from one reading of their histories.
 *
 * @returns In the order of the options.
 * @throws AttuneError as `trainingTable`.
 */
export async function trainingTables(
  histories: Iterable<History> | AsyncIterable<History>,
  options: readonly TrainingTableOptions[],
): Promise<TrainingTable[]> {
  const tables = options.map(growing);
  for await (const history of histories) for (const table of tables) table.add(history);
  return tables.map((table) => table.table());
}
