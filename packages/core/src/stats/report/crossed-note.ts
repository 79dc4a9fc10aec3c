import { requireInput } from "../check.js";
import type { ExperimentInput } from "./input.js";
import type { Notes } from "./notes.js";

/**
 * Above this share of visitors who saw more than one variant the report says so. Each of them counts for one variant and got part of another; who got half of each says nothing of the difference, which takes their share off it. The units
 * that a difference takes grow by one over the square of what is left of it (Fleiss, Levin and Paik 2003, 4.3), so beyond 5 % an experiment takes a tenth more visitors than was planned, or more: 1 / 0.95² = 1.11.
 */
const TELLING = 0.05;

/** Notes that many saw more than one variant; not at the very beginning, when a few are a large share. @throws AttuneError `ATTUNE_STATS_INPUT` */
export function checkCrossed({ crossed }: ExperimentInput, notes: Notes, isEarly: boolean): void {
  if (crossed === undefined) return;
  const { units, of } = crossed;
  requireInput(
    Number.isFinite(units) && Number.isFinite(of) && units >= 0 && units <= of,
    "/crossed",
    "Give how many units saw more than one variant, and of how many: not more than there were.",
  );
  if (isEarly || !(units > TELLING * of)) return;
  notes.warning("crossed-visitors", { facts: { units, of, share: units / of } });
}
