import { isObject } from "../../kernel/json.js";
import type { JsonValue } from "../../kernel/json.js";
import { pointer } from "../../kernel/result.js";
import { evaluateCondition } from "../../targeting/compile-condition.js";
import type { Exclusion, Prerequisite, Rule } from "../types.js";
import { type Conversion, convertCondition, drawOfRule, groupOf, type Place } from "./conversion.js";
import { convertExperiment, namespaceOf } from "./experiment.js";
import type { FeatureRule, Filter, ParentCondition } from "./types.js";

/** The largest value of the hash that a coverage includes, as the end of a half-open range: `n <= coverage` over the steps that the hash takes. */
export function endOfCoverage(coverage: number, hashVersion: number): number {
  const steps = hashVersion === 2 ? 10_000 : 1000;
  let last = Math.min(steps - 1, Math.floor(coverage * steps) + 1);
  while (last >= 0 && !(last / steps <= coverage)) last--;
  return (last + 1) / steps;
}

const clamped = ([start, end]: readonly [number, number]): readonly [number, number] => [
  Math.min(1, Math.max(0, start)),
  Math.min(1, Math.max(0, start, end)),
];

/** What filters ask; null where nobody passes. */
function convertFilters(
  conversion: Conversion,
  path: string,
  filters: readonly Filter[] = [],
): Exclusion[] | null {
  const parts: Exclusion[] = [];
  for (const [index, { seed, ranges, hashVersion, attribute }] of filters.entries()) {
    const draw = drawOfRule(conversion, { ...(attribute && { hashAttribute: attribute }) }, [
      seed,
      hashVersion || 2,
    ]);
    if (!draw) {
      conversion.report.add(
        `${path}/filters/${index}/hashVersion`,
        "GROWTHBOOK_HASH",
        "There is no such version of the hash: as there, nobody passes, and the rule is left out.",
      );
      return null;
    }
    parts.push({ group: groupOf(conversion, seed, draw), ranges: ranges.map(clamped) });
  }
  return parts;
}

/** What a percentage rollout asks; null where nobody passes. */
function convertRollout(
  conversion: Conversion,
  rule: FeatureRule,
  { path, feature }: Place,
): Exclusion[] | null {
  const { range, coverage, seed, hashVersion, fallbackAttribute, hashAttribute } = rule;
  if (!range && coverage === undefined) return [];
  if (!range && coverage === 0) return null;
  const version = hashVersion || 1;
  const draw = drawOfRule(
    conversion,
    {
      ...(hashAttribute && { hashAttribute }),
      ...(fallbackAttribute && isStickyRollout(conversion, rule) && { fallbackAttribute }),
    },
    [seed || feature, version],
  );
  if (!draw) {
    conversion.report.add(
      `${path}/hashVersion`,
      "GROWTHBOOK_HASH",
      "There is no such version of the hash: as there, nobody passes, and the rule is left out.",
    );
    return null;
  }
  const part = range ? clamped(range) : ([0, endOfCoverage(coverage ?? 1, version)] as const);
  return [{ group: groupOf(conversion, `${feature}-rollout`, draw), ranges: [part] }];
}

const isStickyRollout = ({ options }: Conversion, rule: FeatureRule): boolean =>
  options.sticky === true && !rule.disableStickyBucketing;

/** What other features have to be: the prerequisites of the rule, and the rules by which the whole feature is blocked. `never`: the rule is never reached. */
function convertParents(
  conversion: Conversion,
  parents: readonly ParentCondition[] = [],
  { path, feature, variants }: Place,
): { prerequisites: Prerequisite[]; blocking: Rule[]; never: boolean } {
  const prerequisites: Prerequisite[] = [];
  const blocking: Rule[] = [];
  const blocked = (more: readonly Prerequisite[]): void => {
    const all = [...prerequisites, ...more];
    blocking.push({
      ...(all.length > 0 && { prerequisites: all }),
      variant: variants.nameOf("blocked", null),
    });
  };
  for (const [index, { id, condition: given = {}, gate }] of parents.entries()) {
    const at = `${path}/parentConditions/${index}`;
    // Asked of `{ value }`: its attributes are not the visitor's.
    const condition = convertCondition({ ...conversion, options: {} }, `${at}/condition`, given);
    if (conversion.circleOf(feature, id)) {
      conversion.report.add(
        at,
        "GROWTHBOOK_CIRCLE",
        "These features ask for each other in a circle: where this is asked, the feature is null, as it is there.",
      );
      blocked([]);
      return { prerequisites, blocking, never: true };
    }
    if (!Object.hasOwn(conversion.features, id)) {
      if (evaluateCondition(condition, { value: null }, conversion.groups)) continue;
      if (gate) blocked([]);
      return { prerequisites, blocking, never: true };
    }
    if (Object.keys(condition).length === 0) continue;
    if (gate) blocked([{ slot: id, condition: { $not: condition } }]);
    prerequisites.push({ slot: id, condition });
  }
  return { prerequisites, blocking, never: false };
}

/** A short text says what a forced value is. */
const nameOfValue = (value: JsonValue | undefined, index: number): string =>
  typeof value !== "object" && `${value}`.length > 0 && `${value}`.length <= 40
    ? `${value}`
    : `rule-${index + 1}`;

/** The rules that decide as one rule of a feature does; several where it can block the feature, none where it never holds. */
export function convertRule(
  conversion: Conversion,
  rule: unknown,
  [place, index]: readonly [Place, number],
): Rule[] {
  const { path, variants } = place;
  if (!isObject(rule)) {
    conversion.report.add(path, "GROWTHBOOK_RULE", "This is no rule; it is left out.");
    return [];
  }
  const given = rule as FeatureRule;
  const { prerequisites, blocking, never } = convertParents(conversion, given.parentConditions, place);
  const filters = convertFilters(conversion, path, given.filters);
  if (never || !filters) return blocking;
  const gates = (exclusion: readonly Exclusion[]): Rule => ({
    ...(given.condition && {
      when: convertCondition(conversion, pointer(path, "condition"), given.condition),
    }),
    ...(exclusion.length > 0 && { exclusion }),
    ...(prerequisites.length > 0 && { prerequisites }),
  });
  if ("force" in rule) {
    const rollout = convertRollout(conversion, given, place);
    if (!rollout) return blocking;
    const variant = variants.nameOf(nameOfValue(given.force, index), given.force);
    return [...blocking, { ...gates([...filters, ...rollout]), variant }];
  }
  const policy = convertExperiment(conversion, given, place);
  if (!policy) return blocking;
  const namespace = given.filters ? [] : namespaceOf(conversion, given);
  return [...blocking, { ...gates([...filters, ...namespace]), policy }];
}
