import { isCount } from "../check.js";
import type { ByVariant, ExperimentInput, Stage } from "./input.js";

/** On the way to being counted. */
export const STAGES: readonly Stage[] = ["assigned", "rendered", "delivered"];

/** Units by stage and variant. */
export type StageUnits = ReadonlyMap<Stage, ReadonlyMap<string, number>>;

/** As given, or summed up over the looks; of no stage where neither tells. Counts that are none are left out. */
export function stageUnits({ stages, looks = [] }: ExperimentInput): StageUnits {
  const units = new Map<Stage, ReadonlyMap<string, number>>();
  for (const stage of STAGES) {
    const given = stages?.[stage];
    const lists = given ? [given] : looks.flatMap((look) => (look[stage] ? [look[stage]] : []));
    if (lists.length > 0) units.set(stage, summed(lists));
  }
  return units;
}

function summed(lists: readonly ByVariant<number>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const list of lists)
    for (const [variant, count] of Object.entries(list))
      sums.set(variant, (sums.get(variant) ?? 0) + (isCount(count) ? count : 0));
  return sums;
}
