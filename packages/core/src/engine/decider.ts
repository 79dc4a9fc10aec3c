import type { Grants } from "../consent/types.js";
import { forcedDecision } from "../decisions/compile.js";
import { emptyDecision } from "../decisions/decide.js";
import type { DecidingRuleset, Decision, DecisionVisitor, Explanation } from "../decisions/types.js";
import { canonicalJson } from "../kernel/json.js";
import { own } from "../targeting/path.js";
import type { Host } from "./host.js";
import type { Attune, AttuneOptions } from "./types.js";

const MEMO_LIMIT = 500;

export interface DeciderOptions {
  host: Host;
  ruleset(): DecidingRuleset | null;
  /** Undefined as long as the part that can explain is not there. */
  explainBy(compiled: DecidingRuleset, slot: string): Explanation | undefined;
  /** Decisions are made about somebody else than the visitor. */
  isSimulated(): boolean;
  /** Whom a decision is about at this moment; `context` is what the caller adds. */
  decidedFor(context: Readonly<Record<string, unknown>> | undefined): DecisionVisitor;
  options: AttuneOptions;
}

export interface Decider {
  decide: Attune["decide"];
  explain(slot: string): Explanation;
  made(): Made;
  /** From the next `invalidate` on; null: no more. */
  force(slot: string, variant: string | null): void;
  /** What decisions depend on has changed. */
  invalidate(): void;
  /** While set, these hold: what the server decided for the first render. */
  hold(decisions: Readonly<Record<string, Decision>> | null): void;
  /** Of what is held, only this goes on to be. */
  keep(stays: (decision: Decision) => boolean): void;
  /** A slot's decision is held, and is more than what stands in for one that failed. */
  holds(slot: string): boolean;
  /** What was decided under another consent, by a server or for a page of everybody's, is held on only as far as this one allows the same. */
  consented(grants: Grants): void;
}

type DecideOptions<V> = { fallback?: V | undefined; context?: Readonly<Record<string, unknown>> };

/** All that was asked for, each with the version of the inputs that it was made from, and the version of now. Taken apart by whoever asks: the first load has no use for it. */
export type Made = readonly [Iterable<{ decision: Decision; version: number }>, number];

interface Memo {
  decision: Decision;
  /** Of the inputs it was made from. */
  version: number;
  /** With the fallback of the last call. */
  shown?: Decision<unknown>;
  fallback?: unknown;
}

/** A decision with the caller's value, where the ruleset has none to offer. */
export const withFallback = (decision: Decision<unknown>, fallback: unknown): Decision<unknown> =>
  decision.variant === null && fallback !== undefined ? { ...decision, value: fallback } : decision;

/** Decides once per change of its inputs, and gives the same object for as long as the decision is the same. */
export function createDecider({
  host,
  ruleset,
  explainBy,
  isSimulated,
  decidedFor,
  options,
}: DeciderOptions): Decider {
  const overrides: Record<string, string | null> = { ...options.decisions?.overrides };
  const memos = new Map<string, Memo>();
  let version = 0;
  let held: Readonly<Record<string, Decision>> | null = null;

  const compute = (slot: string, context: Readonly<Record<string, unknown>> | undefined): Decision => {
    const compiled = ruleset();
    const forced = own(overrides, slot) as string | null;
    const decision =
      compiled &&
      host.attempt(
        () =>
          (forced !== null && forcedDecision(compiled, slot, forced)) ||
          compiled.decide(slot, decidedFor(context)),
      );
    if (!decision) return emptyDecision(slot, "not-ready", compiled?.version);
    return isSimulated() && !decision.isFallback
      ? { ...decision, reason: "override", propensity: null }
      : decision;
  };
  const heldOf = (slot: string): Decision | null =>
    own(overrides, slot) || isSimulated() ? null : (own(held, slot) as Decision | null);

  const memoOf = (slot: string, context: Readonly<Record<string, unknown>> | undefined): Memo => {
    // Contexts that JSON cannot carry cannot be told apart by it: their decisions are made anew.
    const key = context ? host.attempt(() => `${slot}\n${canonicalJson(context)}`) : slot;
    const known = key === undefined ? undefined : memos.get(key);
    if (known?.version === version) return known;
    const decision = (!context && heldOf(slot)) || compute(slot, context);
    const memo =
      known && (known.decision === decision || JSON.stringify(known.decision) === JSON.stringify(decision))
        ? { ...known, version }
        : { decision, version };
    if (key === undefined) return memo;
    if (memos.size >= MEMO_LIMIT) memos.clear();
    memos.set(key, memo);
    return memo;
  };

  const keep: Decider["keep"] = (stays) => {
    held = held && Object.fromEntries(Object.entries(held).filter(([, decision]) => stays(decision)));
    version++;
  };

  return {
    decide<V>(slot: string, { fallback, context }: DecideOptions<V> = {}) {
      const memo = memoOf(slot, context);
      if (!memo.shown || !Object.is(memo.fallback, fallback)) {
        memo.shown = withFallback(memo.decision, fallback);
        memo.fallback = fallback;
      }
      // The value is what the ruleset holds for the slot: its type is the caller's claim about the ruleset.
      return memo.shown as Decision<V>;
    },
    explain(slot) {
      const compiled = ruleset();
      const explanation = compiled && host.attempt(() => explainBy(compiled, slot));
      return {
        ...(explanation ?? { steps: [], wouldChange: [] }),
        decision: memoOf(slot, undefined).decision,
      };
    },
    made: () => [memos.values(), version],
    force(slot, variant) {
      overrides[slot] = variant;
    },
    invalidate() {
      version++;
    },
    hold(decisions) {
      held = decisions;
      version++;
    },
    holds(slot) {
      const decision = heldOf(slot);
      return decision !== null && decision.reason !== "error";
    },
    keep,
    consented: (grants) =>
      keep(({ purposes, reason }) => (reason !== "consent") === purposes.every((purpose) => grants[purpose])),
  };
}
