import type { Event } from "../events/types.js";
import { boundAssignments } from "./bound-assignments.js";
import { foldExposure } from "./fold-exposure.js";
import { foldContext, foldPage } from "./fold-page.js";
import { foldSession } from "./fold-session.js";
import { foldShop } from "./fold-shop.js";
import { type Figure, type Figures, type LearnedState, SESSION_FIGURES, type VisitorState } from "./types.js";

/**
 * What is known of the visitor after one more event. Pure, O(1), and the same bit for bit in every engine; reads nothing but the
 * (minimised) event, no clock. The state given is left as it was; parts that do not change are shared with the one returned.
 *
 * Learns only from events whose consent covers personalization; others merely count sessions. An event from before the present session
 * adds to the lifetime figures, not to those of the session.
 */
export function fold(state: VisitorState, event: Event): VisitorState {
  const next = foldSession(state, event);
  if (!event.consent.purposes.includes("personalization")) return next;
  const { visitor, arrival, trail, figures, categories, brands, recentCategory, assignments } = next.learned;
  const learned: LearnedState = {
    visitor,
    arrival,
    trail,
    figures: figures.slice() as Figures,
    categories,
    brands,
    recentCategory,
  };
  if (assignments) learned.assignments = assignments;
  next.learned = learned;
  foldContext(learned, event.context);
  foldPage(learned, event);
  foldShop(learned, event);
  foldExposure(learned, event);
  if (next.session && event.occurredAt < next.session.startedAt) {
    learned.arrival = arrival;
    learned.trail = trail;
    for (let i = 0; i < SESSION_FIGURES; i++) learned.figures[i as Figure] = figures[i as Figure];
  }
  boundAssignments(learned, state.learned);
  return next;
}
