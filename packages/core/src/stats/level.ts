import { requireInput } from "./check.js";

/** `absolute`: treatment − control. `relative`: treatment / control − 1. */
export type Difference = "absolute" | "relative";

/** Half of what an interval leaves out. */
export function tailOf(level: number): number {
  requireInput(level > 0 && level < 1, "/level", "Give a level between 0 and 1, such as 0.95.");
  return (1 - level) / 2;
}
