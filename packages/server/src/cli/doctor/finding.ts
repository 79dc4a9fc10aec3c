import type { ErrorCode } from "@attune/core";

/**
 * `error`: data will be lost, or it will not work. `warning`: it works, and something can go wrong. `unchecked`: the system did not tell.
 */
export type Level = "error" | "warning" | "unchecked";

export interface Finding {
  level: Level;
  code: ErrorCode;
  /** In plain words, with the cure. No address and no password stands in it. */
  message: string;
}

export const error = (code: ErrorCode, message: string): Finding => ({ level: "error", code, message });
export const warning = (code: ErrorCode, message: string): Finding => ({ level: "warning", code, message });
export const unchecked = (what: string, why: string): Finding => ({
  level: "unchecked",
  code: "ATTUNE_DOCTOR_UNCHECKED",
  message: `${what} could not be checked: ${why}`,
});

/** One thing that is looked at. */
export interface Check {
  /** As people call it: `Redis (hot, log)`. */
  name: string;
  /** @param late Aborts when the answer is no longer waited for: connections are to be closed then. */
  look(late: AbortSignal): Promise<Finding[]>;
}
