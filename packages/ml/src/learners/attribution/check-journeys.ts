import { requireInput, requireNumber } from "../require-input.js";
import type { Journey } from "./types.js";

/** @throws AttuneError `ATTUNE_ML_INPUT` at the first journey that does not hold. */
export function requireJourneys(journeys: readonly Journey[]): void {
  requireInput(Array.isArray(journeys) && journeys.length > 0, "/journeys", "Give at least one journey.");
  journeys.forEach(({ path, conversions, nulls = 0, times }: Journey, i) => {
    const at = `/journeys/${i}`;
    requireInput(
      Array.isArray(path) && path.every((channel) => typeof channel === "string" && channel !== ""),
      `${at}/path`,
      "Name every channel by a string that is not empty.",
    );
    requireNumber(conversions, 0, `${at}/conversions`);
    requireNumber(nulls, 0, `${at}/nulls`);
    requireInput(
      times === undefined ||
        (times.length === path.length &&
          times.every((time, k) => Number.isFinite(time) && (k === 0 || time >= (times[k - 1] as number)))),
      `${at}/times`,
      "Give one time per touch, none before the one before it.",
    );
  });
}
