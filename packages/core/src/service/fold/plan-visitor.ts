import type { ServiceContext } from "../context.js";
import type { Scored } from "../rules/scoring.js";
import type { SiteRules } from "../rules/site-rules.js";
import { foldVisitor, type VisitorPlan } from "./fold-visitor.js";
import type { ReadVisitor, VisitorEntries } from "./read-visitor.js";

/**
 * What a visitor's partition becomes. Where the ruleset names models, the entries are folded twice: once to know of which states models are asked, all at once and together with those of the
 * visitors that are folded side by side; then with what they said after each event, as a page does. What is asked does not depend on what is answered.
 */
export async function planVisitor(
  { scoring }: ServiceContext,
  rules: SiteRules,
  [{ site, entries }, known]: readonly [VisitorEntries, ReadVisitor],
): Promise<VisitorPlan> {
  const { models } = rules;
  if (models === null || scoring === null) return foldVisitor(known, entries, rules);
  const asked: Scored[] = [];
  const named = entries.find(({ event }) => event.modelKey !== undefined)?.event.modelKey;
  const key = named ?? known.record?.modelKey ?? null;
  foldVisitor(known, entries, {
    ...rules,
    measuring: null,
    evaluate({ state, purposes, previous }) {
      asked.push({ state, key, purposes });
      return previous;
    },
  });
  const scores = await scoring.fold(site, models, asked);
  let next = 0;
  return foldVisitor(known, entries, {
    ...rules,
    evaluate: (visitor) => rules.evaluate({ ...visitor, scores: scores[next++] }),
  });
}
