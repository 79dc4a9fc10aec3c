import { AttuneError, FEATURES, FEATURES_VERSION } from "@attune/core";
import type { History, LeftOut, TrainingLabel, TrainingTable, TrainingTableOptions } from "./types.js";
import { type VisitorRow, visitorRows } from "./visitor-rows.js";

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

/**
 * What visitors were like at a moment of their visits, and what became of it: rows to train on without a look ahead. A row is taken at the n-th event of each session, when it was not
 * known yet how the visit would go on; features come from the fold of what had come until then, exactly as page and server would have had them. A row whose time to come reaches
 * beyond `until` is left out, whatever is known of it by then.
 *
 * Pure; O(events × features) in time. Histories are read one by one, so that they need not all be in memory.
 *
 * @param histories One for each visitor, in the order in which its events were folded.
 * @throws AttuneError `ATTUNE_ML_LABEL`, `ATTUNE_ML_MOMENT`.
 */
export async function trainingTable(
  histories: Iterable<History> | AsyncIterable<History>,
  options: TrainingTableOptions,
): Promise<TrainingTable> {
  const { label, until, from = Number.NEGATIVE_INFINITY, purposes = ["personalization"] } = options;
  checkLabel(label);
  const asked = { label, until, from, atEvent: checkedMoment(options.atEvent ?? 3) };
  const found: VisitorRow[] = [];
  const groups: number[] = [];
  const leftOut: LeftOut = { censored: 0, settled: 0, early: 0 };
  let visitors = 0;
  for await (const history of histories) {
    const covered = history.filter(({ consent }) =>
      purposes.every((purpose) => purpose === "necessary" || consent.purposes.includes(purpose)),
    );
    if (covered.length === 0) continue;
    const own = visitorRows(covered, asked);
    for (const row of own.rows) {
      found.push(row);
      groups.push(visitors);
    }
    for (const why of ["censored", "settled", "early"] as const) leftOut[why] += own.leftOut[why];
    visitors += 1;
  }
  const width = FEATURES.length;
  const rows = new Float64Array(found.length * width);
  found.forEach((row, i) => rows.set(row.features, i * width));
  return {
    ...{ inputs: FEATURES.map(({ name }) => name), featuresVersion: FEATURES_VERSION, rows },
    labels: Uint8Array.from(found, (row) => row.label),
    groups: Int32Array.from(groups),
    times: Float64Array.from(found, (row) => row.at),
    slices: { device: found.map(({ device }) => device), region: found.map(({ region }) => region) },
    ...{ leftOut, visitors },
  };
}
