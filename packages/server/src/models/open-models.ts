import { randomUUID } from "node:crypto";
import { AttuneError, type Clock } from "@attune/core";
import type { CanaryRules } from "@attune/ml/registry";
import type { AttuneServerOptions } from "../types.js";
import { LOOKS_A_DAY } from "./drift-state.js";
import { createModels, type Models } from "./models.js";
import type { LoadModel } from "./scorer-source.js";

/** How often what was counted is written, and how often it is looked at: both together stay far below the ten seconds within which a bad version is to be taken back. */
const FLUSH_MS = 1000;
const REVIEW_MS = 2000;
const DRIFT_MS = 86_400_000 / LOOKS_A_DAY;

/** How models are loaded and judged. */
export interface ServerModelsOptions {
  /** Makes a scorer of a model's file. */
  load?: LoadModel;
  /** When a version on trial is taken back or promoted (default: the rules of `judgeCanary`). */
  rules?: CanaryRules;
}

const noLoader: LoadModel = () =>
  Promise.reject(
    new AttuneError(
      "ATTUNE_SERVER_MODEL_LOADER",
      "Nothing can read model files here: hand in `models: { load }`, such as `createOnnxScorer` of @attune/ml/onnx.",
    ),
  );

export interface OpenedModels {
  models: Models;
  /** Begins to write, to look and to judge by itself. */
  start(): void;
  close(): Promise<void>;
}

type Options = AttuneServerOptions & { clock: Clock; report(error: unknown): void };

/** Models on the server's stores; null where it was handed none: there is nowhere to keep them. */
export function openModels(
  options: Options,
  sites: readonly string[],
  service: Parameters<typeof createModels>[1],
): OpenedModels | null {
  const { stores, clock, report, channel } = options;
  if (!stores) return null;
  const { load = noLoader, rules } = options.models ?? {};
  const models = createModels(
    {
      ...{ stores, clock, sites, load, report, writer: randomUUID() },
      ...(channel && { channel }),
      ...(rules && { rules }),
    },
    service,
  );
  const timers: NodeJS.Timeout[] = [];
  const every = (ms: number, work: () => Promise<void>): void => {
    timers.push(setInterval(() => void work().catch(report), ms).unref());
  };
  return {
    models,
    start() {
      every(FLUSH_MS, models.flush);
      every(REVIEW_MS, models.review);
      every(DRIFT_MS, models.watchDrift);
    },
    close() {
      timers.forEach(clearInterval);
      return models.close();
    },
  };
}
