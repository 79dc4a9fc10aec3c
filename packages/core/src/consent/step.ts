import { type ConsentBasis, deniedByGpc, deriveState } from "./derive.js";
import { grantedPurposes, grantsWhere, sameGrants } from "./grants.js";
import { regionCode, resolvePolicy } from "./policy.js";
import { MAX_REVISION, parseConsentRecord } from "./record.js";
import type {
  ConsentAction,
  ConsentEnvironment,
  ConsentPolicy,
  ConsentRecord,
  ConsentState,
  Grants,
  Purpose,
} from "./types.js";

/** The new state, and what it asks of the device. That is all a page needs; `transition` lists the other effects as well. */
export interface ConsentStep {
  state: ConsentState;
  /** To be kept on the device from now on; null where nothing new was decided. */
  persist: ConsentRecord | null;
  /** No optional purpose is allowed any more: nothing but the record may remain on the device. */
  erase: boolean;
}

/** The consent machine: pure, total, never throws. An action that changes nothing gives the very same state. */
export function stepConsent(state: ConsentState, action: ConsentAction): ConsentStep {
  const basis: { -readonly [K in keyof ConsentBasis]: ConsentBasis[K] } = { ...state };
  if (action.type === "gpc") basis.gpc = action.gpc;
  else if (action.type === "adopt") basis.record = preferred(state.record, parseConsentRecord(action.record));
  else if (action.type !== "tick") basis.record = decide(deriveState(state, action.at), action);
  return advance(state, basis, action.at);
}

/** Where the machine is before anything has happened to it. */
export function startConsent(
  policy: ConsentPolicy,
  { now, region, gpc, stored }: ConsentEnvironment,
): ConsentStep & { before: ConsentState } {
  const basis = {
    policy: resolvePolicy(policy),
    region: regionCode(region),
    gpc: gpc === true,
    record: parseConsentRecord(stored),
  };
  const before: ConsentState = { ...deriveState(basis, now), ask: null };
  return { before, ...advance(before, basis, now) };
}

const raised = (revision: number): number => Math.min(revision + 1, MAX_REVISION);

/** The record after a decision: a new one, or the old one if the decision says nothing that is not already so. */
function decide(
  state: ConsentState,
  { type, purposes, at, source }: Extract<ConsentAction, { purposes: unknown }>,
): ConsentRecord | null {
  const { policy, record } = state;
  const named = policy.purposes.filter((purpose) => purposes === "all" || purposes.includes(purpose));
  const grants = grantsWhere((purpose) =>
    (named as readonly string[]).includes(purpose)
      ? type === "grant" && !(state.gpc && deniedByGpc(policy, purpose))
      : state.grants[purpose],
  );
  // The forms put every question, and where nothing has to be asked none is left open; else a call answers for what it names.
  const all = state.mode !== "opt-in" || ["banner", "preferences", "platform"].includes(source);
  const decided = state.status === "decided" && record;
  const before = decided ? (record.asked ?? policy.purposes) : [];
  const asked = policy.purposes.filter(
    (purpose) => all || named.includes(purpose) || before.includes(purpose),
  );
  if (!named.length || (decided && sameGrants(grants, state.grants) && asked.join() === before.join()))
    return record;
  return {
    v: 1,
    policyVersion: policy.version,
    mode: state.mode,
    region: state.region,
    grants,
    decidedAt: Math.max(0, Math.floor(at)),
    source,
    revision: raised(state.revision),
    asked,
  };
}

/** The record with some of its grants taken away; the same one where there is nothing to take. */
function narrowed(
  record: ConsentRecord,
  left: (purpose: Purpose) => boolean,
  change: Partial<ConsentRecord>,
): ConsentRecord {
  const grants = grantsWhere((purpose) => record.grants[purpose] && left(purpose));
  return sameGrants(grants, record.grants) ? record : { ...record, grants, ...change };
}

/**
 * The later decision; of two with the same revision what both allow, so that a late grant never undoes a withdrawal. A page that starts from
 * cleared cookies counts from one again: what was decided later under a lower revision can refuse, not grant.
 */
function preferred(own: ConsentRecord | null, other: ConsentRecord | null): ConsentRecord | null {
  if (!own || !other) return other ?? own;
  const [later, earlier] = other.revision > own.revision ? [other, own] : [own, other];
  if (earlier.revision < later.revision && earlier.decidedAt <= later.decidedAt) return later;
  return narrowed(later, (purpose) => earlier.grants[purpose], { source: earlier.source });
}

/** The signal's absence later on is no opt-in (11 CCR § 7025), so it narrows the kept decision for good. */
function narrowedByGpc({ gpc, policy, record }: ConsentBasis): ConsentRecord | null {
  if (!record || !gpc) return record;
  return narrowed(record, (purpose) => !deniedByGpc(policy, purpose), {
    source: "gpc",
    revision: raised(record.revision),
  });
}

const anyOptional = (grants: Grants): boolean => grantedPurposes(grants).length > 1;

/** Moves to what follows from the basis. */
function advance(before: ConsentState, basis: ConsentBasis, at: number): ConsentStep {
  const record = narrowedByGpc(basis);
  const state = deriveState({ ...basis, record }, at);
  const { grants, ask, gpc } = state;
  const decided = record !== before.record;
  if (!decided && sameGrants(grants, before.grants) && ask === before.ask && gpc === before.gpc)
    return { state: before, persist: null, erase: false };
  // A grant that has lapsed may have left data behind: a refusal that follows it clears the device as well.
  const held = anyOptional(before.grants) || (decided && before.record && anyOptional(before.record.grants));
  return { state, persist: decided ? record : null, erase: !!held && !anyOptional(grants) };
}
