import type { CanaryRules } from "@attune/ml/registry";
import type { Fit } from "./fit-in-thread.js";
import type { LoadModel } from "./scorer-source.js";
import type { TrainingParts } from "./train-job.js";
import type { ScheduledModel } from "./training.js";

/** How models are loaded and judged. */
export interface ServerModelsOptions {
  /** Makes a scorer of a model's file. */
  load?: LoadModel;
  /** When a version on trial is taken back or promoted (default: the rules of `judgeCanary`). */
  rules?: CanaryRules;
  /** Models that are trained again and again; a version that is not worse is tried by itself. Default: none. */
  schedule?: readonly ScheduledModel[];
  /** Writes the file of a model that was trained here (default: `toOnnx` of @attune/ml/onnx). */
  encode?: TrainingParts["encode"];
  /** Learns from the table (default: in a thread of its own, so that requests go on). */
  fit?: Fit;
}
