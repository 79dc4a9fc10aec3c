import { isObject } from "../../kernel/json.js";
import type { Assignment, Assignments } from "../types.js";
import { assignmentsIn } from "../variants-of.js";
import { convertGrowthBook } from "./from-growthbook.js";
import type { FeatureRule, GrowthBookAssignments, GrowthBookOptions } from "./types.js";

/** Whose documents count. */
export interface AssignmentsOptions extends GrowthBookOptions {
  /** The visitor's attributes as GrowthBook has them: only documents of these values count (default: all that are given). */
  of?: Readonly<Record<string, unknown>>;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Experiment → what GrowthBook hashes for it, the fallback first, so that what comes later wins. */
function attributesByExperiment(payload: unknown): Map<string, readonly string[]> {
  const { features, experiments } = (isObject(payload) ? payload : {}) as Record<string, unknown>;
  const rules: [string, FeatureRule][] = Object.entries(isObject(features) ? features : {}).flatMap(
    ([name, feature]) =>
      (isObject(feature) && Array.isArray(feature["rules"]) ? feature["rules"] : [])
        .filter(isObject)
        .map((rule): [string, FeatureRule] => [name, rule as FeatureRule]),
  );
  const alone = (Array.isArray(experiments) ? experiments : [])
    .filter(isObject)
    .map((one): [string, FeatureRule] => ["", one as FeatureRule]);
  return new Map(
    [...rules, ...alone].map(([name, { key, hashAttribute, fallbackAttribute }]) => [
      key || name,
      [...(fallbackAttribute ? [fallbackAttribute] : []), hashAttribute || "id"],
    ]),
  );
}

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
  const { ruleset, variants } = convertGrowthBook(payload, options);
  const attributes = attributesByExperiment(payload);
  const { of } = options;
  const own = Object.values(documents).filter(
    ({ attributeName, attributeValue }) => !of || textOf(of[attributeName] ?? "") === attributeValue,
  );
  const policies = Object.values(ruleset.slots).flatMap(({ policy }) => assignmentsIn(policy));
  const found: Record<string, Assignment> = {};
  for (const { experiment, sticky } of policies) {
    if (!sticky) continue;
    const byVersion = new Map<number, string>();
    for (const attribute of attributes.get(experiment) ?? []) {
      for (const { assignments } of own.filter(({ attributeName }) => attributeName === attribute)) {
        for (const [key, variation] of Object.entries(assignments ?? {})) {
          const [, name, version] = /^(.*)__(\d+)$/s.exec(key) ?? [];
          if (name === experiment) byVersion.set(Number(version), variation);
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
    const named = variants[experiment] ?? {};
    if (version === undefined || variation === undefined) continue;
    if (version >= minBucketVersion && !Object.hasOwn(named, variation)) continue;
    found[experiment] = { variant: named[variation] ?? variation, bucketVersion: version };
  }
  return found;
}
