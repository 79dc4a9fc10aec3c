import { grantedPurposes } from "../../consent/grants.js";
import type { Grants, Purpose } from "../../consent/types.js";
import type { DecidingRuleset } from "../../decisions/types.js";
import { engagementScore, intentScore } from "../../engagement/index.js";
import type { Event } from "../../events/types.js";
import { type Assess, compileAssessment, covers } from "../../segments/assess.js";
import type { Memberships } from "../../segments/types.js";
import { assignmentsOf } from "../../state/assignments.js";
import { visitorAttributes } from "../../state/attributes.js";
import { features, type FeatureVector } from "../../state/features.js";
import { fold } from "../../state/fold.js";
import { initialState } from "../../state/initial-state.js";
import type { Assignments, KeptAssignment, VisitorState } from "../../state/types.js";
import type { Attributes } from "../../targeting/types.js";
import type { Find } from "./kept.js";
import type { PageModels } from "./page-models.js";
import { corrected, NOTHING_TOLD, type Told, unlessFound } from "./told.js";
import type { Signals } from "./types.js";

/** What is known of the visitor: the folded state and everything read off it, worked out when asked for and only if it changed. */
export interface VisitorModel {
  /** What the page decides with. */
  state(): VisitorState;
  /** What may be kept: without what was folded in memory before consent. */
  keepable(): VisitorState;
  /** By the page's own finding and what was told. */
  segments(): Memberships;
  /** The page's own finding alone: what it goes on from. */
  found(): Memberships;
  told(): Told;
  /** The segments of whoever is in a state, by the rules and the consent of now. */
  find: Find;
  /** From now on the server has said this. */
  tell(told: Told): void;
  signals(): Signals;
  attributes(): Attributes;
  /** What was shown of sticky experiments; the same object while nothing more was. */
  assignments(): Assignments;
  /** `keep: false` for what happened before consent. */
  fold(event: Event, keep: boolean): void;
  /** Goes on from a kept state; throws where it is none. What was folded before consent remains for this page where nothing was kept. */
  load(state: VisitorState, segments: Memberships, traits: Readonly<Record<string, unknown>>): void;
  /** Segments as given, until the next event. */
  assume(segments: Memberships): void;
  use(ruleset: DecidingRuleset | null, grants: Grants): void;
  /** Models have something else to say of the visitor. */
  rescore(): void;
  setTraits(traits: Readonly<Record<string, unknown>>): void;
  /** Everything that was learned or told is forgotten; that there were sessions is not. */
  unlearn(): void;
  reset(): void;
}

const sameNumbers = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean => {
  for (const key in b) if (!Object.is(a[key], b[key])) return false;
  return true;
};

/** @param models What the ruleset's models say. */
export function createVisitorModel(models: Pick<PageModels, "of" | "at" | "forget">): VisitorModel {
  let state = initialState();
  /** Differs from `state` only after events were folded before consent. */
  let keepable = state;
  let memberships: Memberships = {};
  /** They are somebody else's finding (the server's), better than what an empty state says. */
  let assumed = false;
  let rules: DecidingRuleset | null = null;
  let assess: Assess | null = null;
  let told = NOTHING_TOLD;
  let shown = memberships;
  let purposes: readonly Purpose[] = [];
  let traits: Readonly<Record<string, unknown>> = {};
  let read: VisitorState | null = null;
  let signals: Signals | null = null;
  let assigned: { of: readonly KeptAssignment[] | undefined; value: Assignments } = {
    of: undefined,
    value: {},
  };
  let attributes: { of: VisitorState; traits: unknown; signals: Signals; value: Attributes } | undefined;

  const currentSignals = (): Signals => {
    if (signals && read === state) return signals;
    read = state;
    const vector = features(state);
    if (signals && sameNumbers(signals.features, vector)) {
      const modelScores = models.of(signals.features as FeatureVector);
      if (modelScores !== signals.modelScores) signals = { ...signals, modelScores };
      return signals;
    }
    signals = {
      features: vector,
      scores: { engagement: engagementScore(vector), intent: intentScore(vector) },
      modelScores: models.of(vector),
    };
    return signals;
  };
  const extra = (): Attributes => {
    const { scores, modelScores } = currentSignals();
    const { engagement, intent } = scores;
    return { scores: { engagement: engagement.value, intent: intent.value, ...modelScores }, traits };
  };
  /** Of segments that the ruleset knows and consent covers. */
  const mayTell = (segment: string): boolean =>
    rules?.ruleset.segments?.some(
      ({ name, purposes: needed }) => name === segment && covers(purposes, needed),
    ) === true;
  const show = (): void => {
    told = unlessFound(told, memberships);
    shown = corrected(memberships, told, mayTell);
  };
  const evaluate = (): void => {
    if (assess) memberships = assess({ state, previous: memberships, purposes, extra });
    show();
  };

  const find: Find = (at, previous, given) => {
    if (!assess) return purposes.includes("personalization") ? null : {};
    const scores = (): Attributes => {
      const vector = features(at);
      const [engagement, intent] = [engagementScore(vector).value, intentScore(vector).value];
      return { engagement, intent, ...models.at(vector) };
    };
    return assess({
      ...{ state: at, previous, purposes },
      extra: () => ({ scores: scores(), traits: given }),
    });
  };

  return {
    find,
    state: () => state,
    keepable: () => keepable,
    segments: () => shown,
    found: () => memberships,
    told: () => told,
    tell(next) {
      told = next;
      show();
    },
    signals: currentSignals,
    attributes() {
      const now = currentSignals();
      if (attributes?.of !== state || attributes.traits !== traits || attributes.signals !== now)
        attributes = { of: state, traits, signals: now, value: { ...visitorAttributes(state), ...extra() } };
      return attributes.value;
    },
    assignments() {
      const { assignments: of } = state.learned;
      if (assigned.of !== of) assigned = { of, value: assignmentsOf(of) };
      return assigned.value;
    },
    fold(event, keep) {
      const shared = keepable === state;
      state = fold(state, event);
      if (keep) keepable = shared ? state : fold(keepable, event);
      assumed = false;
      evaluate();
    },
    load(next, segments, given) {
      // Throws before anything is taken over, if the state is not what it says it is.
      visitorAttributes(next);
      assignmentsOf(next.learned.assignments);
      state = keepable = next;
      traits = given;
      told = NOTHING_TOLD;
      // The same object for as long as it says the same.
      if (JSON.stringify(segments) !== JSON.stringify(memberships)) memberships = segments;
      assumed = false;
      // The same state has the same memberships, but under other rules it may have others.
      evaluate();
    },
    assume(segments) {
      memberships = segments;
      assumed = true;
      show();
    },
    use(ruleset, grants) {
      if (rules !== ruleset) {
        rules = ruleset;
        const { segments = [], groups, models: named } = ruleset?.ruleset ?? {};
        assess = ruleset && compileAssessment(segments, { ...(groups && { groups }), models: named }).assess;
      }
      purposes = grantedPurposes(grants);
      if (assumed && grants.personalization) return show();
      assumed = false;
      if (!assess && !grants.personalization) memberships = {};
      evaluate();
    },
    rescore() {
      read = null;
      if (!assumed) evaluate();
    },
    setTraits(next) {
      traits = next;
    },
    unlearn() {
      const { learned } = initialState();
      state = { ...state, learned };
      keepable = { ...keepable, learned };
      traits = {};
      told = NOTHING_TOLD;
      models.forget();
      evaluate();
    },
    reset() {
      state = keepable = initialState();
      models.forget();
      memberships = {};
      assumed = false;
      traits = {};
      told = NOTHING_TOLD;
      evaluate();
    },
  };
}
