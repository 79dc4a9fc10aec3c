import { bucketRanges } from "../bucket.js";
import type { Exclusion, SplitPolicy } from "../types.js";
import { type Conversion, drawOfRule, freeName, groupOf, type Place } from "./conversion.js";
import type { Drawing, FeatureRule, Range } from "./types.js";

/** Whether an experiment keeps what it assigned: what the options say, else whether it has what GrowthBook gives only then. */
export const isSticky = (
  { options }: Conversion,
  { disableStickyBucketing, bucketVersion, minBucketVersion, fallbackAttribute }: Drawing,
): boolean =>
  !disableStickyBucketing &&
  (options.sticky ??
    [bucketVersion, minBucketVersion, fallbackAttribute].some((value) => value !== undefined));

const fallbackOf = (
  conversion: Conversion,
  rule: Drawing,
): Pick<Drawing, "hashAttribute" | "fallbackAttribute"> => ({
  ...(rule.hashAttribute && { hashAttribute: rule.hashAttribute }),
  ...(rule.fallbackAttribute && isSticky(conversion, rule) && { fallbackAttribute: rule.fallbackAttribute }),
});

/** What a namespace asks: a hash of its own, of whom the experiment hashes. */
export function namespaceOf(conversion: Conversion, rule: Drawing): Exclusion[] {
  if (!rule.namespace) return [];
  const [name, start, end] = rule.namespace;
  const draw = drawOfRule(conversion, fallbackOf(conversion, rule), [`__${name}`, 1]);
  return draw ? [{ group: groupOf(conversion, name, draw), ranges: [withinOne([start, end])] }] : [];
}

const withinOne = ([start, end]: Range): Range => {
  const from = Math.min(1, Math.max(0, start));
  return [from, Math.min(1, Math.max(from, end))];
};

/** Ranges that share nothing: of what several have, the first has it. Null where that would leave one in two parts. */
function disjoint(ranges: readonly Range[]): Range[] | null {
  const done: Range[] = [];
  for (const range of ranges) {
    let [start, end] = withinOne(range);
    for (const [from, to] of done) {
      if (from > start && to < end && from < to) return null;
      if (start >= from && start < to) start = Math.min(to, end);
      else if (end > from && end <= to) end = Math.max(from, start);
    }
    done.push([start, Math.max(start, end)]);
  }
  return done;
}

/** Weights as they hold there: as given where they are as many as the variations and sum to about 1, else equal. */
function weightsOf({ weights }: Drawing, count: number): readonly number[] {
  const sum = weights?.reduce((total, weight) => total + weight, 0) ?? 0;
  const holds = weights?.length === count && sum >= 0.99 && sum <= 1.01;
  return holds ? (weights as readonly number[]) : Array.from({ length: count }, () => 1 / count);
}

type Parts = Pick<SplitPolicy, "weights" | "coverage" | "ranges">;

/** What belongs to each variation: by weights where these say the same here, else by ranges. */
function partsOf(
  conversion: Conversion,
  rule: Drawing,
  { names, place }: { names: readonly string[]; place: Place },
): Parts {
  const { ranges: given, coverage = 1, meta } = rule;
  const weights = weightsOf(rule, names.length);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const byName = Object.fromEntries(names.map((name, i) => [name, weights[i] as number]));
  const passing = names.map((_, i) => meta?.[i]?.passthrough === true);
  // Names that read as numbers have an order of their own in an object.
  const ordered = Object.keys(byName).join("\n") === names.join("\n");
  if (!given && Math.abs(sum - 1) <= 1e-6 && ordered && !passing.includes(true)) {
    const share = Math.min(1, Math.max(0, coverage));
    return { weights: byName, ...(share < 1 && { coverage: share }) };
  }
  if (passing.includes(true))
    conversion.report.add(
      `${place.path}/meta`,
      "GROWTHBOOK_PASSTHROUGH",
      "Who gets a variation that passes through goes on to the next rule, as there, but is not counted as having been in the experiment.",
    );
  const ranges = disjoint(given ?? bucketRanges(weights, coverage));
  if (!ranges)
    conversion.report.add(
      `${place.path}/ranges`,
      "GROWTHBOOK_RANGES",
      "One range lies within another, which would leave that in two parts. Nobody is assigned; give ranges that share nothing.",
    );
  const own = names.map((_, i): Range => (passing[i] || !ranges?.[i] ? [0, 0] : ranges[i]));
  const total = own.reduce((all, [start, end]) => all + (end - start), 0);
  return {
    weights: Object.fromEntries(
      names.map((name, i) => {
        const [start, end] = own[i] as Range;
        return [name, total > 0 ? (end - start) / total : 1 / names.length];
      }),
    ),
    ranges: Object.fromEntries(names.map((name, i) => [name, own[i] as Range])),
  };
}

/** An experiment as the policy of a rule; null where nobody is ever in it. */
export function convertExperiment(
  conversion: Conversion,
  rule: FeatureRule,
  place: Place,
): SplitPolicy | null {
  const { path, feature, variants } = place;
  const variations = rule.contextualVariations ?? rule.variations;
  if (!Array.isArray(variations) || variations.length < 2) {
    conversion.report.add(
      path,
      "GROWTHBOOK_RULE",
      "This rule has no two variations, so it never holds; it is left out.",
    );
    return null;
  }
  const experiment = rule.key || feature;
  const draw = drawOfRule(conversion, fallbackOf(conversion, rule), [
    rule.seed || experiment,
    rule.hashVersion || 1,
  ]);
  if (!draw) {
    conversion.report.add(
      `${path}/hashVersion`,
      "GROWTHBOOK_HASH",
      "There is no such version of the hash: as there, nobody is in the experiment, and it is left out.",
    );
    return null;
  }
  const keys = variations.map((_, i) => rule.meta?.[i]?.key || `${i}`);
  const names = variants.namesOf(experiment, keys, variations);
  if (rule.contextualBanditRef)
    conversion.report.add(
      `${path}/contextualBanditRef`,
      "GROWTHBOOK_BANDIT",
      "Weights by context are not carried over: everybody is assigned by the weights of the rule. A contextual policy learns them anew.",
    );
  const sticky = isSticky(conversion, rule);
  if (sticky && (rule.filters?.length || rule.parentConditions?.length))
    conversion.report.add(
      path,
      "GROWTHBOOK_STICKY",
      "Who was assigned stays assigned here, also where filters or prerequisites do not hold any more.",
    );
  const { seed, ...hashed } = draw;
  const policy = {
    type: "split",
    experiment,
    ...(seed !== experiment && { seed }),
    ...hashed,
    ...partsOf(conversion, rule, { names, place }),
    ...(sticky && {
      sticky: {
        ...(rule.bucketVersion && { bucketVersion: rule.bucketVersion }),
        ...(rule.minBucketVersion && { minBucketVersion: rule.minBucketVersion }),
      },
    }),
  } as SplitPolicy;
  return named(conversion, policy, [rule, names, place]);
}

/** Takes the experiment down under its key; where another one has that, under a name of its own. */
function named(
  { experiments, policies, report }: Conversion,
  policy: SplitPolicy,
  [rule, names, place]: readonly [FeatureRule, readonly string[], Place],
): SplitPolicy {
  const key = policy.experiment;
  const text = JSON.stringify(policy);
  const isOther = (policies[key] ?? text) !== text;
  const name = isOther ? freeName(policies, key) : key;
  if (isOther)
    report.add(
      `${place.path}/key`,
      "GROWTHBOOK_KEY",
      `Another rule has this key and assigns differently, so this experiment is counted as ${name}.`,
    );
  policies[name] = text;
  const { hashAttribute = "id", fallbackAttribute } = rule;
  const keys = names.flatMap((variant, i) => {
    const given = rule.meta?.[i]?.key;
    return given ? [[given, variant] as const] : [];
  });
  experiments[name] = {
    key,
    attributes: fallbackAttribute ? [fallbackAttribute, hashAttribute] : [hashAttribute],
    variants: Object.fromEntries(keys),
  };
  return isOther ? { ...policy, experiment: name, seed: policy.seed ?? key } : policy;
}
