import { visitorAttributes } from "../state/attributes.js";
import type { VisitorState } from "../state/types.js";
import { compileCondition } from "../targeting/compile-condition.js";
import { own, reader } from "../targeting/path.js";
import type { Attributes, ConditionOptions, Predicate } from "../targeting/types.js";
import type { Memberships, SegmentChange, SegmentDefinition } from "./types.js";

interface CompiledSegment {
  name: string;
  enters: Predicate;
  leaves: Predicate;
  minStayMs: number;
  /** Paths of scores that must be there for anything to be said of it. */
  needs: readonly ((attributes: Attributes) => unknown)[];
}

/** What segments are compiled with beside what conditions take. */
export interface SegmentOptions extends ConditionOptions {
  /**
   * By the name of a segment: scores of models that its conditions read, as paths (`scores.churn`). Where one of them is missing, nobody enters or leaves that segment: a model
   * that is still loading, or has failed, says nothing of anybody.
   */
  needs?: Readonly<Record<string, readonly string[]>>;
}

/** Made by {@link compileSegments}, for {@link evaluateSegments}. */
export type CompiledSegments = readonly CompiledSegment[];

/** Compiles segment definitions once. Of definitions with one name the first counts. Never throws: a condition that is none holds for nobody. */
export function compileSegments(
  definitions: readonly SegmentDefinition[],
  options: SegmentOptions = {},
): CompiledSegments {
  const segments = new Map<string, CompiledSegment>();
  for (const { name, enter, exit, minStayMs = 0 } of definitions) {
    // `__proto__` can be no key of a plain object.
    if (segments.has(name) || name === "__proto__") continue;
    const enters = compileCondition(enter, options);
    const leaves = exit ? compileCondition(exit, options) : (attributes: Attributes) => !enters(attributes);
    const needs = ((own(options.needs, name) ?? []) as string[]).map(reader);
    segments.set(name, { name, enters, leaves, minStayMs, needs });
  }
  return [...segments.values()];
}

/**
 * The segments a visitor is in now: who was out enters where `enter` holds and `exit` does not; who was in stays until `exit` holds and `minStayMs`
 * have passed. Evaluating the same state again changes nothing. Segments that are no longer defined are left. One that needs a score which is missing
 * stays as it was.
 *
 * Time is the state's last event, never a clock, so that page, server and replay agree. Linear in the number of conditions.
 *
 * @param extra Attributes beside the state's own (scores, traits); they win over those of the same name.
 * @returns `previous` itself where nothing changed.
 */
export function evaluateSegments(
  compiled: CompiledSegments,
  state: VisitorState,
  previous: Memberships,
  extra?: Attributes,
): Memberships {
  const next: Record<string, number> = {};
  const before = Object.keys(previous).length;
  if (compiled.length > 0) {
    // Made for this call, so it may be added to; a copy would cost more than all conditions.
    const attributes: Attributes = Object.assign(visitorAttributes(state), extra);
    const now = state.lastSeenAt;
    for (const { name, enters, leaves, minStayMs, needs } of compiled) {
      const since = Object.hasOwn(previous, name) ? (previous[name] as number) : null;
      if (needs.length > 0 && needs.some((read) => typeof read(attributes) !== "number")) {
        if (since !== null) next[name] = since;
      } else if (since === null) {
        if (enters(attributes) && !leaves(attributes)) next[name] = now;
      } else if (now - since < minStayMs || !leaves(attributes)) next[name] = since;
    }
  }
  const names = Object.keys(next);
  const same = names.length === before && names.every((name) => Object.hasOwn(previous, name));
  return same ? previous : Object.freeze(next);
}

/** What changed between two evaluations: those left, then those entered, each in the order of their memberships. */
export function segmentChanges(previous: Memberships, next: Memberships, at: number): SegmentChange[] {
  const beyond = (from: Memberships, to: Memberships, change: SegmentChange["change"]): SegmentChange[] =>
    Object.keys(from)
      .filter((segment) => !Object.hasOwn(to, segment))
      .map((segment) => ({ segment, change, at }));
  return [...beyond(previous, next, "left"), ...beyond(next, previous, "entered")];
}
