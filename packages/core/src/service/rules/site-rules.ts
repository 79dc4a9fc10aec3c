import type { CompiledRuleset } from "../../decisions/types.js";
import { hasSticky } from "./assignments.js";
import type { ModelScores } from "../../decisions/model-scores.js";
import type { ModelReference, Ruleset } from "../../decisions/types.js";
import { engagementScore, intentScore } from "../../engagement/index.js";
import { compileAssessment } from "../../segments/index.js";
import { features } from "../../state/index.js";
import type { VisitorState } from "../../state/types.js";
import { daysBefore } from "../experiments/measure-past.js";
import { compileMeasures } from "../experiments/measures.js";
import type { FoldRules } from "../fold/fold-visitor.js";

/** A site's rules, ready to be used. */
export interface SiteRules extends FoldRules {
  compiled: CompiledRuleset | null;
  /** Some slot goes by what visitors were shown before. */
  sticky: boolean;
  /** What visitors are scored by; null where the ruleset names none. */
  models: Readonly<Record<string, ModelReference>> | null;
}

/** What conditions can read of a visitor beyond the state's own attributes. */
export function extraAttributes(
  state: VisitorState,
  traits: Readonly<Record<string, unknown>>,
  modelScores?: ModelScores,
): Record<string, unknown> {
  const vector = features(state);
  const [engagement, intent] = [engagementScore(vector).value, intentScore(vector).value];
  return { scores: { engagement, intent, ...modelScores }, traits };
}

/** Metrics that look back are kept before there is an experiment. */
const isMeasured = ({ experiments, metrics = {} }: Ruleset): boolean =>
  experiments !== undefined || Object.values(metrics).some((metric) => daysBefore(metric) !== null);

export function rulesOf(compiled: CompiledRuleset | null): SiteRules {
  const { segments = [], groups, models } = compiled?.ruleset ?? {};
  const { assess } = compileAssessment(segments, { ...(groups !== undefined && { groups }), models });
  return {
    compiled,
    version: compiled?.version ?? "",
    measuring: compiled !== null && isMeasured(compiled.ruleset) ? compileMeasures(compiled.ruleset) : null,
    sticky: compiled !== null && hasSticky(compiled.ruleset),
    models: models !== undefined && Object.keys(models).length > 0 ? models : null,
    evaluate: ({ state, previous, traits, purposes, scores }) =>
      assess({ state, previous, purposes, extra: () => extraAttributes(state, traits, scores) }),
  };
}
