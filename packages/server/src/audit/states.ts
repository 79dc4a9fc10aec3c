import {
  type ConsentPolicy,
  type ConsentRecord,
  type ConsentState,
  createConsentState,
  grantedPurposes,
  type Purpose,
  PURPOSES,
  transition,
} from "@attune/core/consent";
import type { Basis, Phase, StateName } from "./types.js";

/** A decision that is made in the course of a visit: what the machine keeps of it, and what holds from then on. */
export interface Turn {
  name: "granted" | "denied" | "withdrawn" | Purpose;
  record: ConsentRecord;
  phase: Phase;
}

/** One state as a visit: what holds when it begins, and the decisions that are made in it. */
export interface Plan {
  state: StateName;
  gpc: boolean;
  start: Phase;
  turns: readonly Turn[];
}

const SIMPLE = ["undecided", "denied", "granted", "gpc", "gpc-granted", "withdrawn"] as const;
const FIRST = ["undecided", "denied"] as const;

/** All states that a policy knows, in the order in which they are visited. */
export function statesOf({ purposes }: ConsentPolicy): StateName[] {
  const asked = PURPOSES.filter(
    (purpose) => purpose !== "necessary" && (purposes === undefined || purposes.includes(purpose)),
  ) as StateName[];
  // With one purpose alone there is nothing between none and all.
  return [...FIRST, ...(asked.length > 1 ? asked : []), ...SIMPLE.slice(2)];
}

/**
 * Works out by Attune's own consent machine what is allowed at each point of a visit.
 *
 * @param at Epoch ms: when the decisions are said to be made.
 */
export function planOf(
  state: StateName,
  policy: ConsentPolicy,
  { region, at }: { region: string | null; at: number },
): Plan {
  const gpc = state === "gpc" || state === "gpc-granted";
  const opened = createConsentState(policy, { now: at, region, gpc });
  const start = phaseOf(opened, gpc ? "gpc" : "undecided");
  if (state === "undecided" || state === "gpc") return { state, gpc, start, turns: [] };
  const first = state === "denied" ? "deny" : "grant";
  const isOne = !(SIMPLE as readonly string[]).includes(state);
  const decided = transition(opened, {
    type: first,
    purposes: isOne ? [state as Purpose] : "all",
    at,
    // A form puts every question: what is not granted is refused.
    source: "preferences",
  }).state;
  const basis = state === "denied" ? "refused" : gpc ? "gpc" : isOne ? "partly" : "granted";
  const name = isOne ? (state as Purpose) : state === "denied" ? "denied" : "granted";
  const turns = [turnOf(name, decided, basis)];
  if (state !== "withdrawn") return { state, gpc, start, turns };
  const withdrawn = transition(decided, {
    type: "withdraw",
    purposes: "all",
    at,
    source: "preferences",
  }).state;
  return { state, gpc, start, turns: [...turns, turnOf("withdrawn", withdrawn, "withdrawn")] };
}

const phaseOf = ({ grants }: ConsentState, basis: Basis): Phase => ({ basis, grants });

function turnOf(name: Turn["name"], state: ConsentState, basis: Basis): Turn {
  // Without a record nothing was decided: a policy of no purposes. The visit then goes by what holds anyway.
  const record = state.record ?? {
    v: 1,
    policyVersion: state.policyVersion,
    mode: state.mode,
    region: state.region,
    grants: state.grants,
    decidedAt: state.decidedAt ?? 0,
    source: "preferences",
    revision: 1,
  };
  return { name, record, phase: phaseOf(state, basis) };
}

/** Whether anything beyond what is necessary is allowed. */
export const allowsAny = ({ grants }: Phase): boolean => grantedPurposes(grants).length > 1;

/** The states in words that need no explanation. */
export const STATE_WORDS: Readonly<Record<StateName, string>> = {
  undecided: "No decision",
  denied: "All denied",
  analytics: "Analytics alone",
  personalization: "Personalization alone",
  marketing: "Marketing alone",
  advertising: "Advertising alone",
  granted: "All granted",
  gpc: "GPC on, no decision",
  "gpc-granted": "GPC on, all granted",
  withdrawn: "Withdrawn after grant",
};
