import { startConsent } from "./step.js";
import { withEffects } from "./transition.js";
import type { ConsentEnvironment, ConsentPolicy, ConsentState, ConsentTransition } from "./types.js";

/**
 * Opens the machine on what was found on the device, and says what that asks for: `ask` where the person should be asked, `persist`
 * where Global Privacy Control has narrowed a kept decision. Reads and writes nothing itself.
 */
export function openConsent(policy: ConsentPolicy, environment: ConsentEnvironment): ConsentTransition {
  const { before, ...step } = startConsent(policy, environment);
  return withEffects(before, step);
}

/** The state of {@link openConsent}, for those who only want to know what holds (a server reading a cookie). */
export const createConsentState = (policy: ConsentPolicy, environment: ConsentEnvironment): ConsentState =>
  startConsent(policy, environment).state;
