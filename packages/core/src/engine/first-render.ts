import { createDecider, type Decider } from "./decider.js";
import type { FirstLoad } from "./first-load.js";

/** Decisions as they were when the engine was made, whatever has happened since: what a server rendered with, too. */
export function createFirstRender(parts: FirstLoad): Decider {
  const compiled = parts.ruleset();
  const nobody = parts.decidedFor();
  const decider = createDecider({
    ...parts,
    ruleset: () => compiled,
    isSimulated: () => false,
    decidedFor: () => nobody,
  });
  decider.hold(parts.options.initial?.decisions ?? null);
  return decider;
}
