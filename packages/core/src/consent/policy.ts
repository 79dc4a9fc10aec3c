import {
  PURPOSES,
  type ConsentMode,
  type ConsentPolicy,
  type OptionalPurpose,
  type ResolvedConsentPolicy,
} from "./types.js";

/** Six months of 30 days, ms: after this long a decision is asked for again. */
export const CONSENT_EXPIRY_MS = 180 * 86_400_000;

/** Their places are part of the cookie's format. */
export const MODES: readonly ConsentMode[] = ["opt-in", "opt-out", "none"];

export const isMode = (value: unknown): value is ConsentMode => MODES.includes(value as ConsentMode);

/** The known optional purposes among the given ones, each once, in the order of `PURPOSES`. */
export const optionalPurposes = (given: readonly unknown[]): OptionalPurpose[] =>
  PURPOSES.filter(
    (purpose): purpose is OptionalPurpose => purpose !== "necessary" && given.includes(purpose),
  );

/** A version as records and cookies carry it: URL-safe and at most 64 characters. */
export const versionKey = (version: string): string => version.replace(/[^\w.~-]/g, "_").slice(-64);

/** A region code in the form that is compared: upper case; null where it is none. */
export const regionCode = (region: unknown): string | null =>
  typeof region === "string" && /^[a-z\d-]{2,11}$/i.test(region) ? region.toUpperCase() : null;

/**
 * Fills in the defaults. What is not known is left out, never widened: an unknown mode asks for opt-in. Region codes are taken as they
 * stand (capitals); the full check is `validateConsentPolicy`.
 */
export const resolvePolicy = (policy: ConsentPolicy): ResolvedConsentPolicy => ({
  version: versionKey(String(policy.version)),
  mode: policy.mode ?? "opt-in",
  regions: policy.regions ?? {},
  purposes: optionalPurposes(policy.purposes ?? PURPOSES),
  expiresAfterMs: policy.expiresAfterMs ?? CONSENT_EXPIRY_MS,
  gpcDenies: optionalPurposes(policy.gpcDenies ?? ["advertising", "marketing"]),
  memoryBeforeDecision: policy.memoryBeforeDecision ?? false,
});

/** The mode for a region, most specific rule first (`US-CA`, then `US`), else the policy's own. */
export function modeFor({ mode, regions }: ResolvedConsentPolicy, region: string | null): ConsentMode {
  let code = region ?? "";
  while (code && !Object.hasOwn(regions, code)) code = code.replace(/-?[^-]*$/, "");
  const found = code ? regions[code] : mode;
  return isMode(found) ? found : "opt-in";
}
