import { randomUUID } from "node:crypto";
import type { Clock } from "@attune/core";
import type { PersonalizationService, ServiceOptions } from "@attune/core/service";
import { LOOKS_A_DAY } from "./drift-state.js";
import { createModels, type Models } from "./models.js";
import type { ServerModelsOptions } from "./options.js";
import type { LoadModel } from "./scorer-source.js";
import type { TrainingParts } from "./train-job.js";
import { createTrainer, type Trainer } from "./training.js";

/** How often what was counted is written, and how often it is looked at: both together stay far below the ten seconds within which a bad version is to be taken back. */
const FLUSH_MS = 1000;
const REVIEW_MS = 2000;
const SCHEDULE_MS = 60_000;
const DRIFT_MS = 86_400_000 / LOOKS_A_DAY;

/** Loaded when it is needed first: most servers have no models. */
const loadOnnx: LoadModel = async (bytes, { inputs, ...model }) =>
  (await import("@attune/ml/onnx")).createOnnxScorer(bytes, { ...model, features: inputs });
const encodeOnnx: TrainingParts["encode"] = async (trained) =>
  (await import("@attune/ml/onnx")).toOnnx(trained);

export interface OpenedModels {
  models: Models;
  trainer: Trainer;
  /** Begins to write, to look and to judge by itself. */
  start(): void;
  close(): Promise<void>;
}

interface Options {
  stores?: ServiceOptions["stores"];
  channel?: ServiceOptions["channel"];
  models?: ServerModelsOptions;
  clock: Clock;
  report(error: unknown): void;
}

/** Models on the server's stores; null where it was handed none: there is nowhere to keep them. */
export function openModels(
  options: Options,
  sites: readonly string[],
  service: () => PersonalizationService,
): OpenedModels | null {
  const { stores, clock, report, channel } = options;
  if (!stores) return null;
  const { load = loadOnnx, encode = encodeOnnx, schedule = [], rules } = options.models ?? {};
  const models = createModels(
    {
      ...{ stores, clock, sites, load, report, writer: randomUUID() },
      ...(channel && { channel }),
      ...(rules && { rules }),
    },
    service,
  );
  const trainer = createTrainer({
    ...{ models, encode, clock, report, store: stores.durable ?? stores.hot },
    service: { histories: (asked) => service().histories(asked) },
  });
  const timers: NodeJS.Timeout[] = [];
  const every = (ms: number, work: () => Promise<void>): void => {
    timers.push(setInterval(() => void work().catch(report), ms).unref());
  };
  return {
    models,
    trainer,
    start() {
      every(FLUSH_MS, models.flush);
      every(REVIEW_MS, models.review);
      every(DRIFT_MS, models.watchDrift);
      if (schedule.length > 0) every(SCHEDULE_MS, () => trainer.schedule(schedule));
    },
    async close() {
      timers.forEach(clearInterval);
      await trainer.settled();
      await models.close();
    },
  };
}
