import { randomUUID } from "node:crypto";
import type { Clock } from "@attune/core";
import type { PersonalizationService, ServiceOptions } from "@attune/core/service";
import { LOOKS_A_DAY } from "./drift-state.js";
import type { Fit } from "./fit-in-thread.js";
import { createModels, type Models } from "./models.js";
import type { ServerModelsOptions } from "./options.js";
import type { LoadModel } from "./scorer-source.js";
import type { TrainingParts } from "./train-job.js";
import { createTrainer, type ScheduledModel, type Trainer } from "./training.js";

/** How often what was counted is written, and how often it is looked at: both together stay far below the ten seconds within which a bad version is to be taken back. */
const FLUSH_MS = 1000;
const REVIEW_MS = 2000;
const SCHEDULE_MS = 60_000;
/** After the start, ms: whoever starts a server wants it to answer first. */
const FIRST_MS = 5000;
/** How often it is looked whether it is time to see what came true: of that the watch itself keeps account. */
const OUTCOMES_MS = 600_000;
const DRIFT_MS = 86_400_000 / LOOKS_A_DAY;

/** Loaded when it is needed first: most servers have no models. */
const loadOnnx: LoadModel = async (bytes, { inputs, ...model }) =>
  (await import("@attune/ml/onnx")).createOnnxScorer(bytes, { ...model, features: inputs });
const encodeOnnx: TrainingParts["encode"] = async (trained) =>
  (await import("@attune/ml/onnx")).toOnnx(trained);
const fitApart: Fit = async (...given) => (await import("./fit-in-thread.js")).fitInThread(...given);

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
  /** Whether this process reads what is kept of visitors, to train and to see what came true (default true). */
  worker?: boolean;
  clock: Clock;
  report(error: unknown): void;
}

/** A model that nobody has scheduled is promoted by itself, as one is that a person tries. */
const mayPromote = (schedule: readonly ScheduledModel[], site: string, name: string): boolean =>
  schedule.find((one) => one.name === name && (one.site ?? "default") === site)?.promote ?? true;

/** Models on the server's stores; null where it was handed none: there is nowhere to keep them. */
export function openModels(
  options: Options,
  sites: readonly string[],
  service: () => PersonalizationService,
): OpenedModels | null {
  const { stores, clock, report, channel } = options;
  if (!stores) return null;
  const { worker = true } = options;
  const { load = loadOnnx, encode = encodeOnnx, fit = fitApart, schedule = [], rules } = options.models ?? {};
  const models = createModels(
    {
      ...{ stores, clock, sites, load, report, writer: randomUUID() },
      ...(channel && { channel }),
      ...(rules && { rules }),
      promotes: (site, name) => mayPromote(schedule, site, name),
    },
    service,
  );
  const trainer = createTrainer({
    ...{ models, encode, fit, clock, report, store: stores.durable ?? stores.hot },
    service: { histories: (asked) => service().histories(asked) },
  });
  const timers: NodeJS.Timeout[] = [];
  const every = (ms: number, work: () => Promise<void>): void => {
    timers.push(setInterval(() => void work().catch(report), ms).unref());
  };
  const once = (ms: number, work: () => Promise<void>): void => {
    timers.push(setTimeout(() => void work().catch(report), ms).unref());
  };
  const train = (): Promise<void> => trainer.schedule(schedule);
  return {
    models,
    trainer,
    start() {
      every(FLUSH_MS, models.flush);
      every(REVIEW_MS, models.review);
      every(DRIFT_MS, models.watchDrift);
      if (!worker) return;
      every(OUTCOMES_MS, models.watchOutcomes);
      if (schedule.length === 0) return;
      once(FIRST_MS, train);
      every(SCHEDULE_MS, train);
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      await trainer.close();
      await models.close();
    },
  };
}
