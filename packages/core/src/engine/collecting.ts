import type { Grants } from "../consent/types.js";

/** Whether a visitor may be known at all: there is something to learn or to count. */
export const collecting = ({ analytics, personalization }: Grants): boolean => analytics || personalization;
