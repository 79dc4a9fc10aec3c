import { PURPOSES, type Purpose } from "../consent/types.js";
import type { VisitorState } from "../state/types.js";
import type { Attributes, ConditionOptions } from "../targeting/types.js";
import { type CompiledSegments, compileSegments, evaluateSegments } from "./evaluate.js";
import { type Models, scoresRead } from "./scores-read.js";
import type { Memberships, SegmentDefinition } from "./types.js";

const DEFAULT_PURPOSES: readonly Purpose[] = ["personalization"];

/** Whether a segment may be told of under these purposes. */
export const covers = (granted: readonly Purpose[], needed: readonly Purpose[] = DEFAULT_PURPOSES): boolean =>
  needed.every((purpose) => purpose === "necessary" || granted.includes(purpose));

/** Whom an assessment is about, at one moment. */
export interface Assessed {
  state: VisitorState;
  /** The segments they were in before. */
  previous: Memberships;
  /** What may be done with what is known of them. */
  purposes: readonly Purpose[];
  /** Attributes beside the state's own (scores, traits), worked out only where a condition may ask for them. */
  extra(): Attributes;
}

/** What segments are assessed with beside what conditions take. */
export interface AssessmentOptions extends ConditionOptions {
  /** The ruleset's models: a segment that reads the score of one takes its purposes too, and stays as it was where that score is missing. */
  models?: Models | undefined;
}

/** The segments a visitor is in; `previous` itself where nothing changed. */
export type Assess = (visitor: Assessed) => Memberships;

/**
 * The one way from definitions to memberships, for the page and the server alike: segments whose purposes are not all granted are not
 * evaluated, and left by who was in them. The purposes of a segment include those of the models whose scores it reads. Compiles once per set of purposes that makes a difference. Never throws.
 */
export function compileAssessment(
  given: readonly SegmentDefinition[],
  { models, ...options }: AssessmentOptions = {},
): { assess: Assess; readsExtra: boolean } {
  const needs = scoresRead(given, options.groups, models);
  // What is made of a score takes the purposes of the score.
  const definitions = given.map((definition) => {
    const of = needs[definition.name]?.models ?? [];
    const more = of.flatMap((name) => models?.[name]?.purposes ?? []);
    return more.length === 0
      ? definition
      : { ...definition, purposes: [...(definition.purposes ?? DEFAULT_PURPOSES), ...more] };
  });
  const asked = PURPOSES.filter((purpose) =>
    definitions.some(
      ({ purposes = DEFAULT_PURPOSES }) => purpose !== "necessary" && purposes.includes(purpose),
    ),
  );
  const paths = Object.fromEntries(Object.entries(needs).map(([name, { paths }]) => [name, paths]));
  // Scores cost more than all else here; most segments do not ask for them. A group asks too: it may be a condition or name an attribute.
  const readsExtra = /"(scores|traits)[."]/.test(JSON.stringify([definitions, options.groups]));
  const compiled = new Map<string, CompiledSegments>();
  const under = (granted: readonly Purpose[]): CompiledSegments => {
    const key = asked.filter((purpose) => granted.includes(purpose)).join();
    let segments = compiled.get(key);
    if (segments === undefined) {
      const covered = definitions.filter(({ purposes }) => covers(granted, purposes));
      segments = compileSegments(covered, { ...options, needs: paths });
      compiled.set(key, segments);
    }
    return segments;
  };
  let last: { purposes: readonly Purpose[]; segments: CompiledSegments } | null = null;
  return {
    assess({ state, previous, purposes, extra }) {
      // Events of one visitor mostly share the very list.
      if (last?.purposes !== purposes) last = { purposes, segments: under(purposes) };
      return evaluateSegments(last.segments, state, previous, readsExtra ? extra() : undefined);
    },
    readsExtra,
  };
}
