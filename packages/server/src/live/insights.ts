import { behaviourPatterns } from "@attune/core/engagement";
import type { FeatureVector, Score } from "@attune/core";

/** What is said of a visitor beside an event. What this server cannot compute is null, and `notes` says why. */
export interface Insights {
  engagementScore: number;
  intentProbability: number;
  /** The strongest behaviour pattern, or null where none stands out. */
  behaviorPattern: string | null;
  nextActionPrediction: null;
  recommendedAction: null;
  notes: Readonly<Record<string, string>>;
}

const NOTES = {
  nextActionPrediction: "No next-action model is loaded.",
  recommendedAction: "No policy recommends actions here.",
} as const;

export function insightsOf(
  features: Readonly<Record<string, number>>,
  scores: { engagement: Score; intent: Score },
): Insights {
  return {
    engagementScore: scores.engagement.value,
    intentProbability: scores.intent.value,
    behaviorPattern: strongestPattern(features),
    nextActionPrediction: null,
    recommendedAction: null,
    notes: NOTES,
  };
}

/** The strongest pattern; that somebody is new says least and is told only where nothing else is likely. */
export function strongestPattern(features: Readonly<Record<string, number>>): string | null {
  const patterns = behaviourPatterns(features as FeatureVector);
  const telling = patterns.find(({ pattern, confidence }) => pattern !== "new-visitor" && confidence >= 0.5);
  return (telling ?? patterns[0])?.pattern ?? null;
}
