import type * as Bandits from "../../packages/core/src/bandits/index.js";
import type * as Stats from "../../packages/core/src/stats/index.js";

export function statsFunctions(
  stats: typeof Stats,
): Record<string, (input: Record<string, unknown>) => unknown>;

export function banditFunctions(
  bandits: typeof Bandits,
): Record<string, (input: Record<string, unknown>) => unknown>;

export function differences(
  got: unknown,
  expected: unknown,
  tol: { rel?: number; abs?: number },
): { path: string; got: unknown; expected: unknown }[];
