import {
  type Attune,
  AttuneError,
  compileRuleset,
  type ConsentController,
  type Decision,
  type Purpose,
  type Ruleset,
  type RulesetDocument,
  type Snapshot,
} from "@attune/core";
import {
  type ConsentAction,
  type ConsentPolicy,
  consentRecord,
  createConsentState,
  PURPOSES,
  transition,
} from "@attune/core/consent";
import { emptyDecision, variantDecision } from "@attune/core/decisions";

/** A variant's name, or all that a test wants to say of a decision. */
export type FixedDecision = string | (Partial<Decision> & { variant: string });

export interface FixedAttuneOptions {
  /** Slot → what is decided. With a `ruleset` a name is enough; slots that are not named show the ruleset's fallback. */
  decisions?: Readonly<Record<string, FixedDecision>>;
  ruleset?: Ruleset | RulesetDocument;
  /** Names of the segments the visitor is in. */
  segments?: readonly string[];
  /** What the visitor has granted (default: all). With `undecided` the banner asks. */
  consent?: "all" | "none" | "undecided" | readonly Purpose[];
  policy?: ConsentPolicy;
  /** Slots that are still resolving. */
  pending?: readonly string[];
  features?: Readonly<Record<string, number>>;
  visitor?: ReturnType<Attune["visitor"]>;
  /** Epoch ms (default 0). */
  now?: number;
  /** Told of what would have been recorded. */
  onTrack?(name: string, properties: Record<string, unknown>): void;
  onExpose?(slot: string, variant: string | null): void;
}

const NO_SCORE = { value: 0, base: 0, contributions: [] };

/** A recorded answer, by which a policy's own machine comes to its state. */
function firstActions(consent: NonNullable<FixedAttuneOptions["consent"]>, at: number): ConsentAction[] {
  if (consent === "undecided") return [];
  const granted = consent === "all" ? PURPOSES : consent === "none" ? [] : consent;
  const refused = PURPOSES.filter((purpose) => !granted.includes(purpose));
  return [
    ...(granted.length > 0 ? [{ type: "grant", purposes: granted, at, source: "banner" } as const] : []),
    ...(refused.length > 1 || granted.length === 0
      ? [{ type: "deny", purposes: refused, at, source: "banner" } as const]
      : []),
  ];
}

/**
 * An engine in which everything is as a test says, from the first render on: it reads, sends and waits for nothing, and changes only with
 * consent, by the real machine. A decision whose purposes are not granted is the fallback, as in a real page.
 */
export function fixedAttune(options: FixedAttuneOptions = {}): Attune {
  const { decisions = {}, ruleset, segments = [], pending = [], features = {}, now = 0 } = options;
  const { consent = "all", visitor = null, policy = { version: "test" } } = options;
  const compiled = ruleset === undefined ? null : compileRuleset(ruleset);
  const listeners = new Set<() => void>();
  const consentListeners = new Set<(state: ConsentController["state"]) => void>();
  let state = createConsentState(policy, { now });
  for (const action of firstActions(consent, now)) ({ state } = transition(state, action));

  const memberships = Object.fromEntries(segments.map((name) => [name, now]));
  const snapshotOf = (): Snapshot =>
    Object.freeze({
      ...({ status: "ready", storage: "memory", segments: memberships, features } as const),
      ...{ scores: { engagement: NO_SCORE, intent: NO_SCORE }, modelScores: {}, consent: state },
      rulesetVersion: compiled?.version ?? null,
    });
  let snapshot = snapshotOf();

  const decided = (slot: string): Decision => {
    const fixed = Object.hasOwn(decisions, slot) ? decisions[slot] : undefined;
    const variant = typeof fixed === "string" ? fixed : (fixed?.variant ?? null);
    const known = compiled && Object.hasOwn(compiled.ruleset.slots, slot);
    const base: Decision = known
      ? variantDecision(compiled, slot, variant)
      : variant === null
        ? emptyDecision(slot, compiled ? "unknown-slot" : "not-ready")
        : {
            ...{ slot, variant, value: null, reason: "rule", propensity: 1, rulesetVersion: null },
            ...{ purposes: ["personalization"], isFallback: false },
          };
    const whole = typeof fixed === "object" ? { ...base, ...fixed } : base;
    if (whole.variant === null || whole.purposes.every((purpose) => state.grants[purpose])) return whole;
    const fallback = known ? variantDecision(compiled, slot, null) : { variant: null, value: null };
    return { ...whole, ...fallback, reason: "consent", propensity: null, isFallback: true };
  };
  let memo = new Map<string, Decision>();
  const decide = (slot: string): Decision => {
    const decision = memo.get(slot) ?? Object.freeze(decided(slot));
    memo.set(slot, decision);
    return decision;
  };
  const shown = <V>(slot: string, fallback?: V): Decision<V> => {
    const decision = decide(slot) as Decision<V>;
    return decision.variant === null && fallback !== undefined ? { ...decision, value: fallback } : decision;
  };

  const act = async (action: ConsentAction): Promise<void> => {
    const { state: after } = transition(state, action);
    if (after === state) return;
    state = after;
    snapshot = snapshotOf();
    memo = new Map();
    for (const listener of [...consentListeners]) listener(state);
    for (const listener of [...listeners]) listener();
  };
  const controller: ConsentController = {
    get state() {
      return state;
    },
    grant: (purposes, source = "api") => act({ type: "grant", purposes, source, at: now }),
    deny: (purposes, source = "api") => act({ type: "deny", purposes, source, at: now }),
    withdraw: (purposes = "all", source = "api") => act({ type: "withdraw", purposes, source, at: now }),
    receipt: () => consentRecord(state),
    subscribe(listener) {
      consentListeners.add(listener);
      return () => consentListeners.delete(listener);
    },
  };
  const told = async (name: string, properties: Record<string, unknown> = {}) => {
    options.onTrack?.(name, properties);
    return { status: "memory" } as const;
  };
  const none = async (): Promise<never> => {
    throw new AttuneError("ATTUNE_REACT_TEST_ENGINE", "An engine for tests holds nobody's data.");
  };
  const settled = (slot: string): boolean => !pending.includes(slot);

  return {
    track: (name, properties) => told(name, properties),
    page: (properties) => told("Page Viewed", properties),
    identify: (userId, traits, preferences) => told("Visitor Identified", { userId, traits, preferences }),
    reset: () => told("Visitor Reset"),
    session: () => null,
    visitor: () => visitor,
    decide: (slot, given) => shown(slot, given?.fallback),
    initialDecision: (slot, fallback) => shown(slot, fallback),
    ...{ settled, initiallySettled: settled },
    explain: (slot) => ({ decision: decide(slot), steps: [], wouldChange: [] }),
    expose: (slot, seen) => options.onExpose?.(slot, (seen ?? decide(slot)).variant),
    ...{ force: () => undefined, simulate: () => undefined },
    consent: controller,
    snapshot: () => snapshot,
    initialSnapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    loadRuleset: () => undefined,
    ruleset: () => compiled?.ruleset ?? null,
    deliveries: () => [],
    ...{ ready: async () => undefined, flush: async () => undefined, forget: async () => undefined },
    ...{ export: none, import: none },
    ...{ start: () => undefined, close: async () => undefined },
  } satisfies Attune;
}
