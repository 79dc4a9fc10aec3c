import { features, fold, initialState, type VisitorState } from "@attune/core";
import { engagementScore, intentScore } from "@attune/core/engagement";
import type { ScoresOf } from "./frames.js";
import { strongestPattern } from "./insights.js";

const MAX_VISITORS = 5000;

export interface LiveVisitors {
  readonly scoresOf: ScoresOf;
  /** Forgets one of the site's visitors; null: all of them. */
  forget(site: string, visitor: string | null): void;
}

/**
 * Scores of the visitors that a stream shows, folded from what the stream itself sees, so that showing costs the stores nothing.
 * Follows the 5,000 visitors seen last.
 */
export function createLiveVisitors(): LiveVisitors {
  const states = new Map<string, VisitorState>();
  const scoresOf: ScoresOf = (event) => {
    const key = `${event.site} ${event.visitorId}`;
    const state = fold(states.get(key) ?? initialState(), event);
    states.delete(key);
    states.set(key, state);
    if (states.size > MAX_VISITORS) states.delete(states.keys().next().value as string);
    if (!event.consent.purposes.includes("personalization")) return null;
    const vector = features(state);
    return {
      engagement: engagementScore(vector).value,
      intent: intentScore(vector).value,
      pattern: strongestPattern(vector),
    };
  };
  return {
    scoresOf,
    forget(site, visitor) {
      if (visitor !== null) return void states.delete(`${site} ${visitor}`);
      for (const key of states.keys()) if (key.startsWith(`${site} `)) states.delete(key);
    },
  };
}
