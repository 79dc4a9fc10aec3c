import type { Scorer } from "@attune/core";
import type { PersonalizationService } from "@attune/core/service";
import { adwin, type CalibrationDrift, calibrationDrift } from "@attune/ml/monitoring";
import type { ModelRegistry, ModelVersion } from "@attune/ml/registry";
import { type ReportCard, type TrainingLabel, type TrainingTable, trainingTables } from "@attune/ml/table";
import { type DriftState, driftOf } from "./drift-state.js";
import type { LoadModel } from "./scorer-source.js";
import { cardOf, inSlices, MOMENT } from "./train-job.js";

/** Looks a day: the false alarms that a day may have are spread over them. */
export const OUTCOME_LOOKS_A_DAY = 4;
const DAY_ALPHA = 0.01;
/** Visits whose scores are held against what came of them: the latest. */
const CALIBRATED = 5000;
/** Rows of one call: a scorer of this process lets nobody else have a turn meanwhile. */
const AT_ONCE = 256;
const DELTA = 0.001;
/** Visits whose features are compared with those of the training. */
const COMPARED = 2000;

/** How far scores are off, as visits went on (squared, so in [0, 1]). */
export interface ErrorTrend {
  /** Mean over the visits since the latest change, or since the training where there was none. */
  mean: number;
  /** Whether it has changed since the training, and has grown. */
  grown: boolean;
  /** Epoch ms of the visit by which the latest change was noticed, and the mean before it; null without one. */
  changedAt: number | null;
  before: number | null;
}

/** Whether what a version says of visits since its training came true. Of visits alone whose time is over. */
export interface OutcomeState {
  version: string;
  /** Epoch ms of the look. */
  at: number;
  /** Visits that were looked at. */
  rows: number;
  /** Null where there is none of either; `reason` says why. */
  calibration: CalibrationDrift | null;
  errors: ErrorTrend | null;
  reason: "no-report-card" | "other-features" | "no-visits" | null;
}

/** What a version says of each visit, and what came of it. In the order of time. */
export interface Outcomes {
  scores: Float64Array;
  labels: Uint8Array;
  /** Epoch ms. */
  times: Float64Array;
}

/** Watches the errors of scores with ADWIN, whose false alarms are few over a whole stream. Null without visits. */
function errorTrend({ scores, labels, times }: Outcomes): ErrorTrend | null {
  const watch = adwin({ delta: DELTA });
  let changedAt: number | null = null;
  let before: number | null = null;
  scores.forEach((score, i) => {
    const mean = watch.mean;
    const off = score - (labels[i] as number);
    if (watch.add(off * off)) [changedAt, before] = [times[i] as number, mean];
  });
  const { mean } = watch;
  if (mean === null) return null;
  return { mean, changedAt, before, grown: before !== null && mean > before };
}

/** Pure. O(n log n) for n visits. */
export function judgeOutcomes(outcomes: Outcomes): Pick<OutcomeState, "calibration" | "errors"> {
  const { scores, labels } = outcomes;
  const from = Math.max(0, scores.length - CALIBRATED);
  return {
    calibration: calibrationDrift(scores.subarray(from), labels.subarray(from), {
      alpha: DAY_ALPHA / OUTCOME_LOOKS_A_DAY,
    }),
    errors: errorTrend(outcomes),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function scored(
  scorer: Scorer,
  { rows, labels, times, inputs }: TrainingTable,
  signal?: AbortSignal,
): Promise<Outcomes> {
  const width = inputs.length;
  const order = Uint32Array.from(labels.keys()).sort((a, b) => (times[a] as number) - (times[b] as number));
  const scores = new Float64Array(order.length);
  for (let from = 0; from < order.length; from += AT_ONCE) {
    const some = order.subarray(from, from + AT_ONCE);
    const asked = new Float64Array(some.length * width);
    some.forEach((row, i) => asked.set(rows.subarray(row * width, (row + 1) * width), i * width));
    const said = await scorer.score(asked);
    for (let i = 0; i < some.length; i++) scores[from + i] = said[i * scorer.outputs.length] as number;
    await turn();
    signal?.throwIfAborted();
  }
  return {
    scores,
    labels: Uint8Array.from(order, (row) => labels[row] as number),
    times: Float64Array.from(order, (row) => times[row] as number),
  };
}

export interface OutcomeParts {
  service: Pick<PersonalizationService, "histories">;
  registry: ModelRegistry;
  load: LoadModel;
  site: string;
  /** Epoch ms. */
  now: number;
  /** Ends it. */
  signal?: AbortSignal;
}

/** The same visits without waiting for what comes of them: what they are like is known at once. */
const soon = (label: TrainingLabel): TrainingLabel =>
  "withinMs" in label ? { ...label, withinMs: 1 } : label;

/** Visits since the training, as they stood at the moment at which the model is to tell: those whose time is over, with what came of them, and all of them. Histories are read once for both. */
async function visitsSince(
  { label, atEvent = MOMENT, trainedOn }: ReportCard,
  { purposes }: ModelVersion,
  { service, site, now, signal }: OutcomeParts,
): Promise<{ over: TrainingTable; all: TrainingTable }> {
  const asked = { atEvent, purposes, until: now, from: trainedOn.to + 1 };
  const histories = inSlices(service.histories({ site, purposes }), { ...(signal && { signal }) });
  const labels = [label, soon(label)].map((one) => ({ ...asked, label: one }));
  const [over, all] = await trainingTables(histories, labels);
  return { over: over as TrainingTable, all: all as TrainingTable };
}

/** The latest rows. */
function latest({ rows, times, inputs }: TrainingTable): Float64Array {
  const width = inputs.length;
  const order = Uint32Array.from(times.keys()).sort((a, b) => (times[b] as number) - (times[a] as number));
  const found = new Float64Array(Math.min(order.length, COMPARED) * width);
  order
    .subarray(0, COMPARED)
    .forEach((row, i) => found.set(rows.subarray(row * width, (row + 1) * width), i * width));
  return found;
}

/** How visitors differ from those of the training. */
async function visitorsNow(
  version: ModelVersion,
  table: TrainingTable,
  { registry, now }: OutcomeParts,
): Promise<DriftState> {
  const reference = await registry.reference(version.name, version.version);
  const rows = isSame(table.inputs, version.inputs) ? latest(table) : new Float64Array();
  return driftOf(version, { reference, live: { rows: () => rows }, now, looksADay: OUTCOME_LOOKS_A_DAY });
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i]);

/** What the version says of these visits, and whether it came true. */
async function cameTrue(
  version: ModelVersion,
  table: TrainingTable,
  { registry, load, now, signal }: OutcomeParts,
): Promise<OutcomeState> {
  const { name, inputs, featuresVersion, outputs, purposes } = version;
  const nothing = noOutcomes(version, now);
  const bytes = await registry.bytes(name, version.version);
  if (bytes === null) return { ...nothing, reason: "no-report-card" };
  if (table.featuresVersion !== featuresVersion || !isSame(table.inputs, inputs))
    return { ...nothing, reason: "other-features" };
  if (table.labels.length === 0) return { ...nothing, reason: "no-visits" };
  const scorer = await load(bytes, {
    ...{ name, version: version.version, inputs, featuresVersion, outputs, purposes },
  });
  try {
    const found = judgeOutcomes(await scored(scorer, table, signal));
    return { ...nothing, ...found, rows: table.labels.length, reason: null };
  } finally {
    scorer.close?.();
  }
}

const noOutcomes = ({ version }: ModelVersion, now: number) => ({
  ...{ version, at: now, rows: 0, calibration: null, errors: null },
});

/** What one look at the visits since a training has found. */
export interface Look {
  outcomes: OutcomeState;
  /**
   * How visitors differ from those of the training, at the same moment of their visits: what a version is asked with in between, as after each event of the fold, is of other moments and would
   * differ without any drift. Null where no report card says which moment that is.
   */
  drift: DriftState | null;
}

/**
 * What a version says of visits that came after its training, and whether it came true; and how these visitors differ from those of the training: by what is kept of visitors, as far as consent covers it by now, and by the features as
 * they stood then. Histories are read once, of more than 200,000 visits a sample of visitors is looked at, and nothing of it is kept but the figures.
 *
 * @throws AttuneError those of the scorer; the signal's reason where it was ended.
 */
export async function lookAtVisits(version: ModelVersion, parts: OutcomeParts): Promise<Look> {
  const card = cardOf(await parts.registry.card(version.name, version.version));
  if (card === null)
    return { outcomes: { ...noOutcomes(version, parts.now), reason: "no-report-card" }, drift: null };
  const { over, all } = await visitsSince(card, version, parts);
  return { outcomes: await cameTrue(version, over, parts), drift: await visitorsNow(version, all, parts) };
}
