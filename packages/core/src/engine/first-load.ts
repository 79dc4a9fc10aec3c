import type { ConsentState, Grants } from "../consent/types.js";
import { compileDecisions } from "../decisions/compile.js";
import { reportingFailures } from "../decisions/decision-failure.js";
import type {
  CompiledRuleset,
  DecidingRuleset,
  DecisionVisitor,
  Explanation,
  Ruleset,
  RulesetDocument,
} from "../decisions/types.js";
import type { Memberships } from "../segments/types.js";
import { type ConsentEdge, createConsentEdge } from "./consent-controller.js";
import { createDecider, type Decider, type Made } from "./decider.js";
import { createHost, createListeners } from "./host.js";
import type { RecordingContext, Signals } from "./recording/types.js";
import { createRecordingGate, type FetchRecording, type RecordingGate } from "./recording-gate.js";
import type { AttuneOptions, Persona } from "./types.js";

const NOTHING = {};
const NO_SCORE = { value: 0, base: 0, contributions: [] };
/** Of a visitor of whom nothing has been learned yet. */
const NO_SIGNALS: Signals = {
  features: NOTHING,
  scores: { engagement: NO_SCORE, intent: NO_SCORE },
  modelScores: NOTHING,
};

/**
 * Makes what a page needs in order to render, decide and take consent, and ties it together. Nothing outside is touched yet. What records
 * and learns comes later, through the gate.
 *
 * @param engine The finished engine, for the part that records.
 */
export function createFirstLoad(
  options: AttuneOptions,
  fetchRecording: FetchRecording,
  engine: RecordingContext["engine"],
) {
  const { environment = {}, initial } = options;
  const host = createHost(environment);
  const listeners = createListeners<void>(host);
  let compiled: DecidingRuleset | null = null;
  /** What was handed in last; what decides, or is on its way to. */
  let latest: unknown = null;
  let coming: Promise<void> = Promise.resolve();
  /** The server's finding, where it still holds. */
  let assumed: Memberships | null = null;
  /** Whom a tool makes decisions about, in place of the visitor. */
  let persona: (Persona & { members: Memberships }) | null = null;
  let start = (): void => undefined;

  const shared = {
    ...{ host, options, fetchRecording, engine },
    bornAt: host.clock.now(),
    started: new Promise<void>((resolve) => {
      start = resolve;
    }),
    changed(): void {
      decider.invalidate();
      listeners.emit();
    },
    consent: (): ConsentState => edge.controller.state,
    grants: (): Grants => shared.consent().grants,
    made: (): Made => decider.made(),
    letGo: (): void => decider.hold(null),
    adopt: (record: unknown): Promise<void> => edge.adopt(record),
    sync: (): void => edge.sync(),
    ruleset: (): DecidingRuleset | null => compiled,
    assumed: (): Memberships | null => assumed,
    isSimulated: (): boolean => persona !== null,
    simulate(next: Persona | null): void {
      persona = next && {
        ...next,
        members: Object.fromEntries((next.segments ?? []).map((name) => [name, shared.bornAt])),
      };
      shared.changed();
    },
    segments: (): Memberships => persona?.members ?? gate.recording()?.segments() ?? assumed ?? NOTHING,
    signals: (): Signals => gate.recording()?.signals() ?? NO_SIGNALS,
    visitorId: (): string | null => gate.visitor()?.id ?? null,
    /** Whom a decision is about at this moment; `context` is what the caller adds. */
    decidedFor(context?: Readonly<Record<string, unknown>>): DecisionVisitor {
      const recording = gate.recording();
      const userId = gate.visitor()?.userId;
      const own = recording?.attributes() ?? NOTHING;
      const known = userId ? { ...own, userId } : own;
      const attributes = persona ? { ...known, ...persona.attributes } : known;
      return {
        id: shared.visitorId(),
        attributes: context ? { ...attributes, context } : attributes,
        segments: shared.segments(),
        // A made-up visitor was shown nothing.
        assignments: (!persona && recording?.assignments()) || NOTHING,
        consent: shared.grants(),
      };
    },
    explainBy: (rules: DecidingRuleset, slot: string): Explanation | undefined =>
      gate.recording()?.explain(rules, slot, shared.decidedFor()),
    hasRuleset: (): boolean => latest !== null,
    /** Resolves when the ruleset decides, or cannot: that is reported. */
    rulesetUsed: (): Promise<void> => coming,
    /** Until all that it takes is there, what decided before goes on. */
    useRuleset(next: Ruleset | RulesetDocument | CompiledRuleset): void {
      const failures = reportingFailures(host.report);
      const use = (rules: DecidingRuleset): void => {
        compiled = rules;
        gate.recording()?.use();
        shared.changed();
      };
      const rules = "decide" in next ? next : compileDecisions(next, failures);
      latest = next;
      if (rules) use(rules);
      else
        coming = shared.started
          .then(() => import("../decisions/compile-ruleset.js"))
          .then(({ compileRuleset }) => {
            if (latest === next) use(compileRuleset(next as Ruleset, failures));
          })
          .catch(host.report);
    },
    /** Brings everything that consent governs in line with a new state of it. */
    apply(before: ConsentState, after: ConsentState, erase: boolean): Promise<void> {
      // Also where it is what the page was made under: a page of everybody's was decided for somebody who had consented.
      decider.consented(after.grants);
      if (!after.grants.personalization) assumed = null;
      const done = gate.consented(before, after, erase || after.record !== null);
      shared.changed();
      return done;
    },
  };
  const gate: RecordingGate = createRecordingGate(shared);
  const decider: Decider = createDecider(shared);
  const edge: ConsentEdge = createConsentEdge(shared);

  if (shared.grants().personalization) assumed = initial?.segments ?? null;
  decider.hold(initial?.decisions ?? null);
  if (initial?.ruleset) host.attempt(() => shared.useRuleset(initial.ruleset as Ruleset));
  if (options.decisions?.ruleset) shared.useRuleset(options.decisions.ruleset);
  return { ...shared, listeners, start, gate, decider, edge };
}

export type FirstLoad = ReturnType<typeof createFirstLoad>;
