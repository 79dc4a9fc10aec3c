import type { CompiledRuleset } from "../../decisions/types.js";
import { hasSticky } from "./assignments.js";
import { engagementScore, intentScore } from "../../engagement/index.js";
import { compileAssessment } from "../../segments/index.js";
import { features } from "../../state/index.js";
import type { VisitorState } from "../../state/types.js";
import { compileMeasures } from "../experiments/measures.js";
import type { FoldRules } from "../fold/fold-visitor.js";

/** A site's rules, ready to be used. */
export interface SiteRules extends FoldRules {
  compiled: CompiledRuleset | null;
  /** Some slot goes by what visitors were shown before. */
  sticky: boolean;
}

/** What conditions can read of a visitor beyond the state's own attributes. */
export function extraAttributes(
  state: VisitorState,
  traits: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const vector = features(state);
  return { scores: { engagement: engagementScore(vector).value, intent: intentScore(vector).value }, traits };
}

export function rulesOf(compiled: CompiledRuleset | null): SiteRules {
  const { segments = [], groups } = compiled?.ruleset ?? {};
  const { assess } = compileAssessment(segments, groups === undefined ? {} : { groups });
  return {
    compiled,
    measuring: compiled?.ruleset.experiments === undefined ? null : compileMeasures(compiled.ruleset),
    sticky: compiled !== null && hasSticky(compiled.ruleset),
    evaluate: (state, previous, traits, purposes) =>
      assess({ state, previous, purposes, extra: () => extraAttributes(state, traits) }),
  };
}
