import { isObject } from "../../kernel/json.js";
import { pointer } from "../../kernel/result.js";
import { checkNames, createReport } from "../report.js";
import type { Rule, Ruleset, SlotDefinition } from "../types.js";
import { bucketRanges } from "../bucket.js";
import { circles } from "./circles.js";
import {
  type Conversion,
  convertGroups,
  createVariants,
  groupOf,
  type Place,
  type Variants,
} from "./conversion.js";
import { convertRule } from "./rule.js";
import type { Experiment, Feature, GrowthBookConversion, GrowthBookOptions } from "./types.js";

const record = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** A slot by rules; ids that are given and free are kept. */
function slotOf(
  { options }: Conversion,
  [fallback, { values }, rules]: readonly [string, Variants, readonly Rule[]],
): SlotDefinition {
  return {
    ...(options.purposes && { purposes: options.purposes }),
    variants: values,
    fallback,
    policy: { type: "rules", rules },
  };
}

/** What stands in the payload came from elsewhere: what has not the shape of a rule is left out. */
function ruleAt(conversion: Conversion, rule: unknown, at: readonly [Place, number]): Rule[] {
  try {
    return convertRule(conversion, rule, at);
  } catch {
    conversion.report.add(at[0].path, "GROWTHBOOK_RULE", "This has not the shape of a rule; it is left out.");
    return [];
  }
}

/** The rules of a feature: the id that one has goes to the last of those that it becomes. */
function convertRules(conversion: Conversion, place: Place, rules: readonly unknown[]): Rule[] {
  const taken = new Set<string>();
  return rules.flatMap((rule, index) => {
    const at = { ...place, path: `${place.path}/rules/${index}` };
    const converted = ruleAt(conversion, rule, [at, index]);
    const id = record(rule)["id"];
    const fits = typeof id === "string" && /^(?!rule-\d+$).{1,128}$/s.test(id) && !taken.has(id);
    if (!fits) return converted;
    taken.add(id);
    return converted.map((one, i) => (i === converted.length - 1 ? { id, ...one } : one));
  });
}

function convertFeature(conversion: Conversion, name: string, feature: Feature): SlotDefinition {
  const variants = createVariants();
  const fallback = variants.nameOf("default", feature.defaultValue);
  const place = { path: pointer("/features", name), feature: name, variants };
  return slotOf(conversion, [fallback, variants, convertRules(conversion, place, list(feature.rules))]);
}

const CHANGES = ["domMutations", "css", "js", "urlRedirect"];

/** One variation for all who would take part: those whom any range of the hash has. */
function forcedRule(conversion: Conversion, { policy, ...gates }: Rule, variant: string): Rule {
  if (policy?.type !== "split") return { ...gates, variant };
  const { experiment, seed = experiment, weights, coverage, ranges, ...rest } = policy;
  const { type: _type, sticky: _sticky, ...draw } = rest;
  const group = groupOf(conversion, `${experiment}-forced`, { seed, ...draw });
  const parts = ranges ? Object.values(ranges) : bucketRanges(Object.values(weights), coverage);
  return { ...gates, exclusion: [...(gates.exclusion ?? []), { group, ranges: parts }], variant };
}

/** An experiment on its own: a slot that shows the first variation to whom it assigns none. Null where it is more than a choice of values. */
function convertAlone(conversion: Conversion, path: string, experiment: Experiment): SlotDefinition | null {
  const { report } = conversion;
  const { key, variations = [], urlPatterns, active, status, force, ...rest } = experiment;
  if (variations.some((value) => isObject(value) && CHANGES.some((change) => Object.hasOwn(value, change)))) {
    report.add(
      path,
      "GROWTHBOOK_CHANGES",
      "Its variations change pages by themselves, which slots do not. It is left out.",
    );
    return null;
  }
  if (urlPatterns)
    report.add(
      `${path}/urlPatterns`,
      "GROWTHBOOK_URLS",
      "Where the slot is shown is the page's to say: addresses are not carried over.",
    );
  const variants = createVariants();
  const place = { path, feature: key, variants };
  const runs = active !== false && status !== "draft" && status !== "stopped";
  const rules = runs ? ruleAt(conversion, { ...rest, key, variations }, [place, 0]) : [];
  const name = (index: number): string =>
    variants.nameOf(rest.meta?.[index]?.key || `${index}`, variations[index]);
  const fallback = name(0);
  if (force === undefined) return slotOf(conversion, [fallback, variants, rules]);
  const forced =
    force >= 0 && force < variations.length
      ? rules.map((rule) => (rule.policy ? forcedRule(conversion, rule, name(force)) : rule))
      : [];
  return slotOf(conversion, [fallback, variants, forced]);
}

/**
 * GrowthBook's payload (`GET /api/features/…`) as a ruleset, with what of it could not be carried over. A feature becomes a slot of rules, its default value the fallback; an
 * experiment becomes a split of the same hash, seed and ranges, so that nobody is assigned anew; namespaces, filters and percentage rollouts become exclusion groups,
 * `parentConditions` prerequisites, `savedGroups` groups. Pure; nothing of the payload is changed, and nothing in it makes this throw.
 *
 * Attributes keep their names unless `attributes` says otherwise: hosts that decide by `compileRuleset` hand in their own, while the page engine and the service have those of
 * docs/ruleset.md.
 */
export function convertGrowthBook(payload: unknown, options: GrowthBookOptions = {}): GrowthBookConversion {
  const report = createReport();
  const given = record(payload);
  for (const name of Object.keys(given).filter((key) => /^encrypted/.test(key)))
    report.add(pointer("", name), "GROWTHBOOK_ENCRYPTED", "This is encrypted. Decrypt the payload first.");
  if (!isObject(given["features"]) && !Array.isArray(given["experiments"]))
    report.add(
      "",
      "GROWTHBOOK_PAYLOAD",
      "This has no features and no experiments: it is no payload of GrowthBook's.",
    );
  const all = record(given["features"]);
  const names = checkNames(report, "/features", all).filter((name) => isObject(all[name]));
  const features = Object.fromEntries(names.map((name) => [name, all[name] as Feature]));
  const conversion: Conversion = {
    ...{ features, options, report, exclusionGroups: {}, experiments: {}, policies: {} },
    groups: convertGroups(given["savedGroups"], options),
    circleOf: circles(features),
  };
  const slots: Record<string, SlotDefinition> = {};
  for (const name of names) slots[name] = convertFeature(conversion, name, features[name] as Feature);
  for (const [index, experiment] of list(given["experiments"]).entries()) {
    const path = pointer("/experiments", index);
    const key = record(experiment)["key"];
    if (
      typeof key !== "string" ||
      Object.hasOwn(slots, key) ||
      checkNames(report, path, { [key]: 1 }).length === 0
    ) {
      report.add(path, "GROWTHBOOK_EXPERIMENT", "It has no key, or one that a feature has; it is left out.");
      continue;
    }
    const slot = convertAlone(conversion, path, experiment as Experiment);
    if (slot) slots[key] = slot;
  }
  const { groups, exclusionGroups } = conversion;
  const ruleset: Ruleset = {
    schemaVersion: 1,
    revision: options.revision ?? 1,
    ...(Object.keys(groups).length > 0 && { groups }),
    ...(Object.keys(exclusionGroups).length > 0 && { exclusionGroups }),
    slots,
  };
  return { ruleset, issues: report.issues, experiments: conversion.experiments };
}

/** GrowthBook's payload as a ruleset: {@link convertGrowthBook}, which also tells what could not be carried over, without that. */
export const fromGrowthBook = (payload: unknown, options?: GrowthBookOptions): Ruleset =>
  convertGrowthBook(payload, options).ruleset;
