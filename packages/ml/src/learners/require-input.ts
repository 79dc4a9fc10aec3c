import { AttuneError } from "@attune/core";

/** Goes on where the input holds. @throws AttuneError `ATTUNE_ML_INPUT` with where it does not, and the cure. */
export function requireInput(holds: boolean, path: string, message: string): asserts holds {
  if (!holds) throw new AttuneError("ATTUNE_ML_INPUT", message, { path });
}

/** @throws AttuneError `ATTUNE_ML_INPUT` unless it is a finite number of at least `least`. */
export function requireNumber(value: number, least: number, path: string): void {
  requireInput(
    typeof value === "number" && Number.isFinite(value) && value >= least,
    path,
    `Give a finite number of ${least} or more.`,
  );
}
