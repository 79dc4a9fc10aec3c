import type { ConsentHandle, Grants, StatedSource } from "./types.js";

/**
 * Makes this what holds: grants each of the policy's purposes that is true here, and refuses the others. What is said already changes
 * nothing. Resolves when the engine is in line with it; to be called once the engine is started.
 */
export async function settleConsent(
  consent: Pick<ConsentHandle, "state" | "grant" | "deny">,
  wanted: Grants,
  source: StatedSource = "api",
): Promise<void> {
  const { policy, grants } = consent.state;
  const yes = policy.purposes.filter((purpose) => wanted[purpose]);
  const no = policy.purposes.filter((purpose) => !wanted[purpose]);
  const takesBack = no.some((purpose) => grants[purpose]);
  const gives = yes.some((purpose) => !grants[purpose]) || (yes.length > 0 && !takesBack);
  // Giving first: with nothing left granted in between, the device would be cleared.
  await Promise.all([
    ...(gives ? [consent.grant(yes, source)] : []),
    ...(takesBack || yes.length === 0 ? [consent.deny(no, source)] : []),
  ]);
}
