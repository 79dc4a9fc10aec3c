import { AttuneError } from "../kernel/errors.js";

/** @throws AttuneError `ATTUNE_STATS_INPUT` at `path` */
export function require(holds: boolean, path: string, message: string): asserts holds {
  if (!holds) throw new AttuneError("ATTUNE_STATS_INPUT", message, { path });
}

export const isCount = (value: number): boolean => Number.isFinite(value) && value >= 0;
