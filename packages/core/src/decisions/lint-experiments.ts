import { aliasing } from "./factorial.js";
import { type Placed, placedIn } from "./placed-assignments.js";
import { pointer } from "../kernel/result.js";
import { suggestion } from "./report.js";
import type { Report } from "./report.js";
import type { Draw, Ruleset } from "./types.js";

/** Who shares parts of an exclusion group is not kept apart by it. */
function lintOverlaps(report: Report, placed: readonly Placed[]): void {
  const taken: { group: string; experiment: string; range: readonly [number, number] }[] = [];
  for (const { policy, gates } of placed) {
    for (const { path, gates: own } of gates) {
      for (const [index, { group, ranges }] of (own.exclusion ?? []).entries()) {
        const other = taken.find(
          (one) =>
            one.group === group &&
            one.experiment !== policy.experiment &&
            ranges.some(([start, end]) => Math.max(one.range[0], start) < Math.min(one.range[1], end)),
        );
        if (other)
          report.add(
            `${path}/exclusion/${index}/ranges`,
            "OVERLAPPING_EXCLUSION",
            `Visitors in a part of this can be in the experiment ${other.experiment} too. To keep both apart, give them ranges of this group that share nothing.`,
          );
        taken.push(...ranges.map((range) => ({ group, experiment: policy.experiment, range })));
      }
    }
  }
}

const key = ({ seed, hashVersion = 2, hashAttribute }: Draw, name: string): string =>
  JSON.stringify([seed ?? name, hashVersion, hashAttribute]);

/** What draws by the same hash draws the same: who passes such a gate sits in a part of the experiment's own ranges. */
function lintSeeds(report: Report, ruleset: Ruleset, placed: readonly Placed[]): void {
  for (const { path, policy, gates } of placed) {
    const own = key(policy, policy.experiment);
    const drawing = gates.flatMap(({ gates: { holdouts = [], exclusion = [] } }) => [
      ...holdouts.map((name) => [name, ruleset.holdouts?.[name]] as const),
      ...exclusion.map(({ group }) => [group, ruleset.exclusionGroups?.[group]] as const),
    ]);
    const same = drawing.find(([name, draw]) => draw && key(draw, name) === own);
    if (same)
      report.add(
        `${path}/experiment`,
        "SAME_SEED",
        `This draws by the same hash as ${same[0]}, which is asked before it: some variants would get too few visitors, or none. Give one of both another seed.`,
      );
  }
}

const sizes = (effects: readonly (readonly string[])[]): string =>
  effects.map((effect) => effect.join(" × ")).join(", ");

function lintFraction(report: Report, { path, policy }: Placed): void {
  if (policy.type !== "factorial" || !policy.generators) return;
  const { resolution, aliases } = aliasing(policy);
  const told = aliases.map(({ effect, with: others }) => `${effect.join(" × ")} with ${sizes(others)}`);
  if (told.length > 0)
    report.add(
      `${path}/generators`,
      "ALIASES",
      `This fraction has resolution ${resolution}. It cannot tell apart: ${told.join("; ")}.`,
    );
}

/** An experiment that has ended keeps its figures; one that nobody assigns and whose name is nearly that of another is misspelt. */
function lintMeasured(report: Report, { experiments = {} }: Ruleset, placed: readonly Placed[]): void {
  const assigned = placed.map(({ policy }) => policy.experiment);
  for (const name of Object.keys(experiments)) {
    const near = assigned.includes(name) ? "" : suggestion(name, assigned);
    if (near)
      report.add(pointer("/experiments", name), "NOT_ASSIGNED", `No slot assigns this experiment.${near}`);
  }
}

/** What experiments of a valid ruleset probably do not mean. */
export function lintExperiments(report: Report, ruleset: Ruleset): void {
  const placed = placedIn(ruleset);
  for (const one of placed) {
    const { path, policy } = one;
    if (policy.fallbackAttribute !== undefined && !policy.sticky)
      report.add(
        `${path}/fallbackAttribute`,
        "NOT_STICKY",
        "Who logs in is hashed by another attribute and may get another variant. Give sticky: {}, which keeps what was shown.",
      );
    lintFraction(report, one);
  }
  lintMeasured(report, ruleset, placed);
  lintOverlaps(report, placed);
  lintSeeds(report, ruleset, placed);
}
