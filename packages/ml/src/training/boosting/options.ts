import { AttuneError } from "@attune/core";
import type { FoldOptions } from "../folds.js";
import type { TrainingOptions } from "../types.js";
import type { BoostingRules } from "./booster.js";

/** How trees are grown. */
export interface TreeOptions {
  /** Leaves of a tree, 2 or more (default 12). */
  readonly leaves?: number;
  /** Splits above a leaf at most, 1 or more (default 8). */
  readonly depth?: number;
  /** Added to the curvature of every leaf, 0 or more (default 1). */
  readonly l2?: number;
  /** Least curvature Σ w p (1 − p) of a leaf, 0 or more (default 1). */
  readonly minChildWeight?: number;
  /** Least rows of a leaf, 1 or more (default: one in a hundred, from 5 to 100). */
  readonly minRows?: number;
  /** Bins of a column, 2 … 256 (default 40: finer ones mostly fit noise). */
  readonly bins?: number;
  /** Trees are added until their nodes are this many, at most (default 1,770: below 40 kB as ONNX). */
  readonly maxNodes?: number;
}

/** When to stop: after how many trees rows that were left out are told best. */
export interface EarlyStopping extends FoldOptions {
  /** Folds that are left out in turn, 2 or more (default 3); the model is then trained on all rows. */
  readonly folds?: number;
  /** Trees without a lower loss after which no more are tried, 1 or more (default 20). */
  readonly patience?: number;
}

export interface BoostingOptions extends TrainingOptions {
  /** Trees at most (default 500), or exactly where `earlyStopping` is false. */
  readonly rounds?: number;
  /** What of each tree is added, in (0, 1] (default 0.08). */
  readonly learningRate?: number;
  readonly tree?: TreeOptions;
  /** Shares of rows and of columns that each tree is grown on, in (0, 1] (default: of fewer than 2,000 rows 0.8, else all; 0.8 of the columns). */
  readonly sampling?: { readonly rows?: number; readonly columns?: number };
  /** `false`: all rounds. */
  readonly earlyStopping?: EarlyStopping | false;
  /** One a column: 1 where the score must not fall as it rises, −1 where it must not rise, 0 where it may do both (default). */
  readonly monotone?: readonly (-1 | 0 | 1)[];
  /** Of what is drawn by chance (default 1). */
  readonly seed?: number;
}

/** From here on a tree tells more by all rows than it gains by seeing others than the tree before. */
const MANY_ROWS = 2000;

export interface SettledBoosting {
  readonly rules: BoostingRules;
  readonly rounds: number;
  readonly bins: number;
  readonly maxNodes: number;
  readonly seed: number;
}

const fail = (message: string, path: string): never => {
  throw new AttuneError("ATTUNE_ML_BAD_OPTIONS", message, { path });
};

function number(
  value: number,
  path: string,
  { least = 0, most = Number.MAX_VALUE, integer = false, open = false },
): number {
  const fits =
    value >= least && value <= most && !(open && value === least) && (!integer || Number.isInteger(value));
  const kind = integer ? "an integer" : "a number";
  const range = most === Number.MAX_VALUE ? `of ${least} or more` : `from ${least} to ${most}`;
  if (!fits) fail(`This is ${kind} ${range}${open ? `, ${least} left out` : ""}.`, `/options${path}`);
  return value;
}

function directions(monotone: readonly number[] | undefined, columns: number): Int8Array {
  if (monotone === undefined) return new Int8Array(columns);
  if (monotone.length !== columns || !monotone.every((sign) => sign === 0 || sign === 1 || sign === -1)) {
    fail(`Monotone constraints are one of −1, 0, 1 for each of the ${columns} columns.`, "/options/monotone");
  }
  return Int8Array.from(monotone);
}

/** Options with their defaults. @throws AttuneError `ATTUNE_ML_BAD_OPTIONS` with the path of the first that cannot be. */
export function settle(
  options: BoostingOptions,
  { rows, columns }: { rows: number; columns: number },
): SettledBoosting {
  const { tree = {}, sampling = {} } = options;
  const share = { open: true, most: 1 };
  const count = { least: 1, integer: true };
  return {
    rules: {
      maxLeaves: number(tree.leaves ?? 12, "/tree/leaves", { least: 2, integer: true }),
      maxDepth: number(tree.depth ?? 8, "/tree/depth", count),
      l2: number(tree.l2 ?? 1, "/tree/l2", {}),
      minChildWeight: number(tree.minChildWeight ?? 1, "/tree/minChildWeight", {}),
      minRows: number(
        tree.minRows ?? Math.min(100, Math.max(5, Math.round(rows / 100))),
        "/tree/minRows",
        count,
      ),
      // Below this a split is noise of rounding.
      minGain: 1e-9,
      monotone: directions(options.monotone, columns),
      learningRate: number(options.learningRate ?? 0.08, "/learningRate", share),
      rowShare: number(sampling.rows ?? (rows < MANY_ROWS ? 0.8 : 1), "/sampling/rows", share),
      columnShare: number(sampling.columns ?? 0.8, "/sampling/columns", share),
    },
    rounds: number(options.rounds ?? 500, "/rounds", count),
    bins: number(tree.bins ?? 40, "/tree/bins", { least: 2, most: 256, integer: true }),
    maxNodes: number(tree.maxNodes ?? 1770, "/tree/maxNodes", count),
    seed: number(options.seed ?? 1, "/seed", { least: Number.MIN_SAFE_INTEGER, integer: true }),
  };
}
