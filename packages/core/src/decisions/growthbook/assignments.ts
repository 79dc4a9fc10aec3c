import type { Assignment, Assignments } from "../types.js";
import { assignmentsIn } from "../variants-of.js";
import { convertGrowthBook } from "./from-growthbook.js";
import type { GrowthBookAssignments, GrowthBookOptions } from "./types.js";

/** Whose documents count. */
export interface AssignmentsOptions extends GrowthBookOptions {
  /** The visitor's attributes as GrowthBook has them: only documents of these values count (default: all that are given). */
  of?: Readonly<Record<string, unknown>>;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/**
 * What GrowthBook keeps of one visitor (the documents of its sticky bucket service) as assignments, for `decide`. Where an experiment has several, the document of the attribute that it
 * hashes goes before that of the fallback; a bucket version that would put the visitor out before the present one, and that before others. What names a variation that there is no more is
 * left out, as it is there.
 *
 * @param documents All of one visitor, as `getAllAssignments` gives them or as a list
 * @param payload What the ruleset was made of, for the names of its variants
 */
export function fromGrowthBookAssignments(
  documents: readonly GrowthBookAssignments[] | Readonly<Record<string, GrowthBookAssignments>>,
  payload: unknown,
  options: AssignmentsOptions = {},
): Assignments {
  const { ruleset, experiments } = convertGrowthBook(payload, options);
  const { of } = options;
  const own = Object.values(documents).filter(
    ({ attributeName, attributeValue }) => !of || textOf(of[attributeName] ?? "") === attributeValue,
  );
  const policies = Object.values(ruleset.slots).flatMap(({ policy }) => assignmentsIn(policy));
  const found: Record<string, Assignment> = {};
  for (const { experiment, sticky } of policies) {
    const known = experiments[experiment];
    if (!sticky || !known) continue;
    const byVersion = new Map<number, string>();
    for (const attribute of known.attributes) {
      for (const { assignments } of own.filter(({ attributeName }) => attributeName === attribute)) {
        for (const [key, variation] of Object.entries(assignments ?? {})) {
          const [, name, version] = /^(.*)__(\d+)$/s.exec(key) ?? [];
          if (name === known.key) byVersion.set(Number(version), variation);
        }
      }
    }
    const versions = [...byVersion.keys()].sort((a, b) => a - b);
    const { bucketVersion = 0, minBucketVersion = 0 } = sticky;
    const version =
      versions.find((one) => one < minBucketVersion) ??
      versions.find((one) => one === bucketVersion) ??
      versions.at(-1);
    const variation = version === undefined ? undefined : byVersion.get(version);
    const named = known.variants;
    if (version === undefined || variation === undefined) continue;
    if (version >= minBucketVersion && !Object.hasOwn(named, variation)) continue;
    found[experiment] = { variant: named[variation] ?? variation, bucketVersion: version };
  }
  return found;
}
