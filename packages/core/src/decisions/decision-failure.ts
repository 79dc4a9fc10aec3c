import { AttuneError } from "../kernel/errors.js";
import { pointer } from "../kernel/result.js";
import type { CompileOptions } from "./types.js";

/** For a ruleset whose failures a `report` is to hear of: as `ATTUNE_DECISIONS_FAILED` with the slot as its path and what was thrown as its cause. */
export const reportingFailures = (report: (error: unknown) => void): CompileOptions => ({
  onError(cause, slot) {
    const path = pointer("/slots", slot);
    report(
      new AttuneError("ATTUNE_DECISIONS_FAILED", "A slot shows its fallback; the cause says why.", {
        path,
        cause,
      }),
    );
  },
});
