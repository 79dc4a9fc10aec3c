import { isObject } from "../../kernel/json.js";
import type { JsonValue } from "../../kernel/json.js";
import type { Condition, Group, Groups } from "../../targeting/types.js";
import { validateCondition } from "../../targeting/validate-condition.js";
import type { Report } from "../report.js";
import type { Draw, ExclusionGroup } from "../types.js";
import type { ConvertedExperiment, Drawing, Feature, GrowthBookOptions } from "./types.js";

/** One conversion: what it reads, and what its parts add to. */
export interface Conversion {
  readonly features: Readonly<Record<string, Feature>>;
  readonly groups: Groups;
  readonly options: GrowthBookOptions;
  readonly report: Report;
  /** Name → hash that rules share out. */
  readonly exclusionGroups: Record<string, ExclusionGroup>;
  readonly experiments: Record<string, ConvertedExperiment>;
  /** By name: the experiment's policy as JSON. */
  readonly policies: Record<string, string>;
  /** Feature → features that lead back to it. */
  circleOf(feature: string, parent: string): boolean;
}

const LOGICAL = /^\$(and|n?or)$/;

/** A condition with the attributes' names of this side. */
export function renamed(condition: unknown, names: GrowthBookOptions["attributes"] = {}): Condition {
  if (!isObject(condition)) return condition as Condition;
  const entries = Object.entries(condition).map(([key, value]): [string, unknown] => {
    if (LOGICAL.test(key) && Array.isArray(value)) return [key, value.map((one) => renamed(one, names))];
    if (key === "$not") return [key, renamed(value, names)];
    return [Object.hasOwn(names, key) ? (names[key] as string) : key, value];
  });
  return Object.fromEntries(entries) as Condition;
}

/** The payload's groups, by this side's names. */
export function convertGroups(savedGroups: unknown, options: GrowthBookOptions): Groups {
  const names = options.attributes ?? {};
  const group = (value: unknown): Group => {
    if (!isObject(value)) return value as Group;
    const { attributeKey, condition } = value;
    return {
      ...value,
      ...(typeof attributeKey === "string" ? { attributeKey: names[attributeKey] ?? attributeKey } : {}),
      ...(condition === undefined ? {} : { condition: renamed(condition, names) }),
    } as Group;
  };
  return Object.fromEntries(
    Object.entries(isObject(savedGroups) ? savedGroups : {}).map(([name, value]) => [name, group(value)]),
  );
}

/** A condition as it moves over; what of it is not supported here is told. */
export function convertCondition(conversion: Conversion, path: string, condition: unknown): Condition {
  const { report, groups, options } = conversion;
  report.include(validateCondition(condition, path, groups));
  return renamed(condition, options.attributes);
}

/** What of a drawing is hashed; null where the SDK could not hash by it either. */
export function drawOfRule(
  { options }: Conversion,
  { hashAttribute, fallbackAttribute }: Pick<Drawing, "hashAttribute" | "fallbackAttribute">,
  [seed, hashVersion]: readonly [string, number],
): Draw | null {
  if (hashVersion !== 1 && hashVersion !== 2) return null;
  const { visitorId = "id", attributes = {} } = options;
  const named = (attribute: string): string =>
    attribute === visitorId ? "visitorId" : (attributes[attribute] ?? attribute);
  const first = named(hashAttribute || "id");
  return {
    seed,
    ...(hashVersion === 1 ? { hashVersion } : {}),
    ...(first === "visitorId" ? {} : { hashAttribute: first }),
    ...(fallbackAttribute ? { fallbackAttribute: named(fallbackAttribute) } : {}),
  };
}

/** The group that draws so: one that is there, or a new one of about this name. */
export function groupOf({ exclusionGroups }: Conversion, wanted: string, draw: Draw): string {
  const same = Object.entries(exclusionGroups).find(
    ([, known]) => JSON.stringify(known) === JSON.stringify(draw),
  );
  if (same) return same[0];
  const name = freeName(exclusionGroups, wanted);
  exclusionGroups[name] = draw;
  return name;
}

/** A name that is allowed, and not taken. */
export function freeName(taken: Readonly<Record<string, unknown>>, wanted: string): string {
  const base = /^(|.*(__proto__|constructor|prototype).*)$/s.test(wanted) ? "unnamed" : wanted.slice(0, 120);
  let name = base;
  for (let i = 2; Object.hasOwn(taken, name); i++) name = `${base}-${i}`;
  return name;
}

/** The variants of one slot, as they are named. */
export interface Variants {
  readonly values: Readonly<Record<string, JsonValue>>;
  /** The name of a value: the one that it has, else the wanted one or one like it. */
  nameOf(wanted: string, value: JsonValue | undefined): string;
  /** The names of an experiment's variations: as wanted where they are free or have these values, else by the experiment as well. Each is another. */
  namesOf(experiment: string, wanted: readonly string[], values: readonly JsonValue[]): string[];
}

/** Where a rule, or an experiment as one, stands, and whose it is. */
export interface Place {
  path: string;
  feature: string;
  variants: Variants;
}

export function createVariants(): Variants {
  const values: Record<string, JsonValue> = {};
  const fits = (name: string, text: string): boolean =>
    !Object.hasOwn(values, name) || JSON.stringify(values[name]) === text;
  const add = (name: string, value: JsonValue): string => {
    values[name] = value;
    return name;
  };
  return {
    values,
    nameOf(wanted, value = null) {
      const allowed = freeName({}, wanted);
      return add(fits(allowed, JSON.stringify(value)) ? allowed : freeName(values, allowed), value);
    },
    namesOf(experiment, wanted, list) {
      const own: Record<string, true> = {};
      return list.map((value = null, i) => {
        const name = freeName(own, wanted[i] as string);
        const free = fits(name, JSON.stringify(value))
          ? name
          : freeName({ ...values, ...own }, `${experiment}:${name}`);
        own[free] = true;
        return add(free, value);
      });
    },
  };
}
