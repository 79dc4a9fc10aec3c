import type * as Monitoring from "../../packages/ml/src/monitoring/index.js";

export function driftFunctions(
  monitoring: typeof Monitoring,
): Record<string, (input: Record<string, unknown>) => unknown>;
