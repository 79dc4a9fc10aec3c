import { grantsWhere } from "./grants.js";
import { modeFor } from "./policy.js";
import type { ConsentRecord, ConsentState, OptionalPurpose, ResolvedConsentPolicy } from "./types.js";

const DAY_MS = 86_400_000;

/** What a state is a function of. */
export interface ConsentBasis {
  policy: ResolvedConsentPolicy;
  region: string | null;
  gpc: boolean;
  record: ConsentRecord | null;
}

/** The one place where it is worked out what holds, and whether to ask. */
export function deriveState({ policy, region, gpc, record }: ConsentBasis, now: number): ConsentState {
  const mode = modeFor(policy, region);
  const optIn = mode === "opt-in";
  const ask = mode === "none" || !policy.purposes.length ? null : reasonToAsk(policy, optIn, record, now);
  const lapsed = ask !== null && ask !== "purposes-changed";
  const asked = record?.asked ?? policy.purposes;
  const grants = grantsWhere((purpose) => {
    if (!policy.purposes.includes(purpose as OptionalPurpose) || (gpc && deniedByGpc(policy, purpose)))
      return false;
    // Where consent is needed, only a decision under this very policy, still fresh, counts as one.
    if (record && asked.includes(purpose as OptionalPurpose))
      return record.grants[purpose] && !(lapsed && optIn);
    // Never asked about: the mode's default, unless the person has refused anything before.
    return !optIn && (!record || asked.every((other) => record.grants[other]));
  });
  return {
    status: record && !lapsed ? "decided" : "undecided",
    grants,
    mode,
    region,
    gpc,
    policyVersion: policy.version,
    decidedAt: record && record.decidedAt,
    source: record ? record.source : gpc ? "gpc" : "default",
    revision: record ? record.revision : 0,
    ask,
    policy,
    record,
  };
}

export const deniedByGpc = (policy: ResolvedConsentPolicy, purpose: string): boolean =>
  policy.gpcDenies.includes(purpose as OptionalPurpose);

function reasonToAsk(
  policy: ResolvedConsentPolicy,
  optIn: boolean,
  record: ConsentRecord | null,
  now: number,
): ConsentState["ask"] {
  if (!record) return "undecided";
  if (record.policyVersion !== policy.version) return "policy-changed";
  // What was merely not objected to elsewhere is no consent where consent is needed.
  if (optIn && record.mode !== "opt-in") return "region-changed";
  const age = now - record.decidedAt;
  // A time in the future was written by a wrong clock; without this it would hold for ever.
  if (age >= policy.expiresAfterMs || age < -DAY_MS) return "expired";
  return record.asked && record.asked.join() !== policy.purposes.join() ? "purposes-changed" : null;
}
