import { AttuneError } from "@attune/core";

/** @throws AttuneError `ATTUNE_ML_DETECTOR` where an option or a stored state does not hold. */
export function requireDetector(holds: boolean, path: string, what: string): void {
  if (!holds) throw new AttuneError("ATTUNE_ML_DETECTOR", `Give ${what}.`, { path });
}

/** @throws AttuneError `ATTUNE_ML_NOT_FINITE` */
export function requireValue(value: number): void {
  if (!Number.isFinite(value)) {
    throw new AttuneError("ATTUNE_ML_NOT_FINITE", "The value is NaN or an infinity: leave it out.", {
      path: "/value",
    });
  }
}
