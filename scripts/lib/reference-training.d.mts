import type * as Training from "../../packages/ml/src/training/index.js";

export function trainingFunctions(
  training: typeof Training,
): Record<string, (input: Record<string, unknown>) => unknown>;
