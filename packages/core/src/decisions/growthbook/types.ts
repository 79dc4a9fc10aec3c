import type { Purpose } from "../../consent/types.js";
import type { JsonValue } from "../../kernel/json.js";
import type { Issue } from "../../kernel/result.js";
import type { Condition } from "../../targeting/types.js";
import type { Ruleset } from "../types.js";

/*
 * What of GrowthBook's payload is read: the shapes of its SDK specification. All of it came from elsewhere, so nothing is relied on.
 */

export type Range = readonly [start: number, end: number];

export interface ParentCondition {
  id: string;
  condition?: Condition;
  gate?: boolean;
}

export interface Filter {
  seed: string;
  ranges: readonly Range[];
  hashVersion?: number;
  attribute?: string;
}

/** What rules of features and experiments have in common. */
export interface Drawing {
  condition?: Condition;
  parentConditions?: readonly ParentCondition[];
  filters?: readonly Filter[];
  namespace?: readonly [name: string, start: number, end: number];
  key?: string;
  variations?: readonly JsonValue[];
  weights?: readonly number[];
  ranges?: readonly Range[];
  coverage?: number;
  meta?: readonly { key?: string; passthrough?: boolean }[];
  seed?: string;
  hashVersion?: number;
  hashAttribute?: string;
  fallbackAttribute?: string;
  disableStickyBucketing?: boolean;
  bucketVersion?: number;
  minBucketVersion?: number;
}

export interface FeatureRule extends Drawing {
  id?: string;
  force?: JsonValue;
  range?: Range;
  contextualBanditRef?: string;
  contextualVariations?: readonly JsonValue[];
}

export interface Feature {
  defaultValue?: JsonValue;
  rules?: readonly FeatureRule[];
}

export interface Experiment extends Omit<Drawing, "key"> {
  key: string;
  name?: string;
  active?: boolean;
  status?: string;
  force?: number;
  urlPatterns?: readonly unknown[];
}

/** What GrowthBook keeps of a visitor who was assigned: `experiment__version` → the variation's key. */
export interface GrowthBookAssignments {
  readonly attributeName: string;
  readonly attributeValue: string;
  readonly assignments: Readonly<Record<string, string>>;
}

export interface GrowthBookOptions {
  /** Of the ruleset (default 1). */
  revision?: number;
  /** What each slot needs consent for (default: as for every slot, `personalization`). GrowthBook has no such thing. */
  purposes?: readonly Purpose[];
  /** The attribute that names whom Attune calls the visitor (default `id`). */
  visitorId?: string;
  /**
   * Whether the SDK was set up with a sticky bucket service, which the payload does not say. By default those experiments are sticky that have a bucket version or a fallback
   * attribute, since GrowthBook gives these only where stickiness is on.
   */
  sticky?: boolean;
  /** Attribute → its path here, such as `{ plan: "traits.plan", url: "context.url" }`; others keep their names. */
  attributes?: Readonly<Record<string, string>>;
}

/** What an experiment of the ruleset was in the payload. */
export interface ConvertedExperiment {
  readonly key: string;
  /** What GrowthBook hashes for it: the fallback first, so that what comes later wins. */
  readonly attributes: readonly string[];
  /** Key of the variation → name of the variant, where its variations have keys. */
  readonly variants: Readonly<Record<string, string>>;
}

/** A payload as a ruleset, and what of it could not be carried over, each with the JSON pointer of its place in the payload. */
export interface GrowthBookConversion {
  readonly ruleset: Ruleset;
  readonly issues: readonly Issue[];
  /** By its name in the ruleset. */
  readonly experiments: Readonly<Record<string, ConvertedExperiment>>;
}
