import { inputCheck, type RequireInput } from "../kernel/input.js";

/** @throws AttuneError `ATTUNE_STATS_INPUT` at `path` */
export const requireInput: RequireInput = inputCheck("ATTUNE_STATS_INPUT");

export const isCount = (value: number): boolean => Number.isFinite(value) && value >= 0;
