import { grantedPurposes } from "./grants.js";
import { type ConsentStep, stepConsent } from "./step.js";
import type { ConsentAction, ConsentEffect, ConsentState, ConsentTransition } from "./types.js";

/**
 * The consent machine: pure, total, never throws. What it returns beside the new state is what the edge has to do, in that order.
 * An action that changes nothing returns the very same state and no effects; one that names no purpose of the policy changes nothing.
 */
export const transition = (state: ConsentState, action: ConsentAction): ConsentTransition =>
  withEffects(state, stepConsent(state, action));

/** Lists what a step asks for. */
export function withEffects(before: ConsentState, { state, persist, erase }: ConsentStep): ConsentTransition {
  const effects: ConsentEffect[] = [];
  if (persist) effects.push({ type: "persist", record: persist });
  const granted = grantedPurposes(state.grants).filter((purpose) => !before.grants[purpose]);
  const revoked = grantedPurposes(before.grants).filter((purpose) => !state.grants[purpose]);
  if (granted.length) effects.push({ type: "granted", purposes: granted });
  if (revoked.length) effects.push({ type: "revoked", purposes: revoked });
  if (erase) effects.push({ type: "erase-device" });
  if (state.ask && state.ask !== before.ask) effects.push({ type: "ask", reason: state.ask });
  return { state, effects };
}
