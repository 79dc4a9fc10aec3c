import type { Event, JsonValue, Purpose } from "@attune/core";
import type { PersonalizationService } from "@attune/core/service";
import {
  type ModelRecord,
  type ModelRegistry,
  type ModelVersion,
  requireFairTarget,
} from "@attune/ml/registry";
import {
  type ReportCard,
  targetsOf,
  type TrainedOnTable,
  type TrainingLabel,
  trainingTable,
  type TrainingTableOptions,
  trainOnTable,
  worseThan,
} from "@attune/ml/table";
import { VERSION } from "../version.js";
import type { Fit } from "./fit-in-thread.js";

const DAY_MS = 86_400_000;
/** How long reading goes on without letting others have a turn, ms: less than what a request notices. */
const SLICE_MS = 8;

/** What a model is to be. */
export interface ModelPlan {
  /** `kebab-case`. */
  name: string;
  label: TrainingLabel;
  /** How far back rows are taken, days (default: as far as events are kept). */
  days?: number;
  /** A row is taken at this event of each session (default 3). */
  atEvent?: number;
  /** Default `["personalization"]`. */
  purposes?: readonly Purpose[];
  /** The conversion of the ruleset's metrics that a trial is judged by (default: none). */
  metric?: string;
}

export interface TrainingParts {
  service: Pick<PersonalizationService, "histories">;
  registry: ModelRegistry;
  site: string;
  /** Epoch ms. */
  now: number;
  /** Writes the model file. */
  encode(trained: TrainedOnTable["trained"]): Uint8Array | Promise<Uint8Array>;
  /** Told of how many visitors were read. */
  progress?(visitors: number): void;
  /** Default: in this thread, which does nothing else meanwhile. */
  fit?: Fit;
  /** Ends it. */
  signal?: AbortSignal;
}

/** At which event of a visit a row is taken unless told otherwise. */
export const MOMENT = 3;

/** What came of a training. */
export interface TrainingResult {
  version: ModelVersion;
  card: ReportCard;
  /** What is in force of the model, the new version left as it is. */
  record: ModelRecord;
  /** Why the version is not to be tried by itself; null: nothing speaks against it. */
  worse: string | null;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The same histories, read in slices: what stands in memory comes without a pause by itself, and would let nobody else have a turn. */
export async function* inSlices(
  histories: AsyncIterable<readonly Event[]>,
  { progress, signal }: Pick<TrainingParts, "progress" | "signal">,
): AsyncGenerator<readonly Event[], void> {
  let visitors = 0;
  let since = performance.now();
  for await (const history of histories) {
    signal?.throwIfAborted();
    visitors += 1;
    progress?.(visitors);
    yield history;
    if (performance.now() - since < SLICE_MS) continue;
    await turn();
    since = performance.now();
  }
}

/** As it was kept with a version; a card of another form, of a model made elsewhere perhaps, is none. */
export function cardOf(stored: JsonValue | null): ReportCard | null {
  const card = stored as Partial<ReportCard> | null;
  return card?.v === 1 && typeof card.metrics === "object" ? (card as ReportCard) : null;
}

/**
 * Trains a version from what is kept of visitors and keeps it with its report card, its lineage and what drift is told by. Changes nothing of what is in force.
 *
 * @throws AttuneError `ATTUNE_MODEL_PROTECTED` where a protected attribute of people is to be predicted, `ATTUNE_ML_TOO_FEW_ROWS` where there is too little to learn from, and those of the learner.
 */
export async function trainVersion(plan: ModelPlan, parts: TrainingParts): Promise<TrainingResult> {
  const { service, registry, site, now, encode, fit = trainOnTable } = parts;
  const { name, label, days, atEvent, purposes = ["personalization"], metric } = plan;
  // Before anything of anybody is read.
  requireFairTarget(targetsOf(plan));
  const options: TrainingTableOptions = {
    ...{ label, until: now, purposes },
    ...(days !== undefined && { from: now - days * DAY_MS }),
    ...(atEvent !== undefined && { atEvent }),
  };
  const table = await trainingTable(inSlices(service.histories({ site, purposes }), parts), options);
  const { inputs, featuresVersion } = table;
  const { trained, reference, ...found } = await fit(table, { name, label, purposes }, parts.signal);
  const card: ReportCard = { ...found.card, atEvent: atEvent ?? MOMENT };
  const before = await registry.get(name);
  const champion = before?.champion ?? null;
  const version = await registry.add({
    ...{ name, bytes: await encode(trained), inputs, featuresVersion },
    ...{ outputs: trained.metadata.outputs, purposes, reference },
    card: card as unknown as JsonValue,
    lineage: { parent: champion, trainedOn: card.trainedOn, codeVersion: `@attune/server ${VERSION}` },
    ...(metric !== undefined && { metric }),
  });
  const record = (await registry.get(name)) as ModelRecord;
  const kept = champion === null ? null : cardOf(await registry.card(name, champion));
  return { version, card, record, worse: worseThan(card, kept) };
}

/**
 * What is to be done with a new version by itself: the first of its model is everybody's, a later one is tried on a share of visitors; one that is worse, was refused before or comes while another is on trial
 * is only kept, and so is the first where nothing becomes everybody's by itself (`promote: false`). Null: nothing.
 */
export function nextStep(
  { version, record, worse }: Pick<TrainingResult, "version" | "record" | "worse">,
  { share, promote = true }: { share: number; promote?: boolean },
): { type: "promote"; version: string } | { type: "canary"; version: string; share: number } | null {
  const { version: hash } = version;
  if (worse !== null || record.refused.includes(hash) || record.champion === hash) return null;
  if (record.champion === null) return promote ? { type: "promote", version: hash } : null;
  return record.canary === null ? { type: "canary", version: hash, share } : null;
}
