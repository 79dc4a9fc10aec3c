import type { ConsentPolicy, OptionalPurpose } from "@attune/core/consent";
import { resolvePolicy } from "@attune/core/consent";
import type { ConsentInput, PersonalizationService } from "@attune/core/service";

type Fields = Readonly<Record<string, unknown>>;

/** Global Privacy Control as a request carries it (`Sec-GPC: 1`): it holds whatever the body says. */
export const hasGpc = (request: Request): boolean => request.headers.get("sec-gpc")?.trim() === "1";

/** The purposes that the signal switches off under a policy. */
export const deniedByGpc = (policy: ConsentPolicy | undefined): readonly OptionalPurpose[] =>
  resolvePolicy(policy ?? { version: "unstated" }).gpcDenies;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const without = (list: readonly unknown[], denied: readonly string[]): unknown[] =>
  list.filter((purpose) => !denied.includes(purpose as string));
const refusals = (denied: readonly string[]): Fields =>
  Object.fromEntries(denied.map((purpose) => [purpose, false]));

/** A consent snapshot in any of the shapes an event may state it in, without what is denied. */
function narrowed(given: unknown, denied: readonly string[]): unknown {
  if (Array.isArray(given)) return without(given, denied);
  if (!isFields(given)) return given;
  if (Array.isArray(given.purposes)) return { ...given, purposes: without(given.purposes, denied) };
  if (isFields(given.granularConsent))
    return { ...given, granularConsent: { ...given.granularConsent, ...refusals(denied) } };
  return { ...given, ...refusals(denied) };
}

/** Under whose visitor an event is kept: the visitor's own id, or what stands for a user or a session. */
function keptUnder({ visitorId, anonymousId, userId, sessionId }: Fields): string | null {
  const candidates: [unknown, string][] = [
    [visitorId, ""],
    [anonymousId, ""],
    [userId, "u:"],
    [sessionId, "s:"],
  ];
  for (const [id, prefix] of candidates)
    if ((typeof id === "string" && id !== "") || typeof id === "number") return prefix + String(id);
  return null;
}

/**
 * Events as they are taken under Global Privacy Control. Where an event states nothing, what its visitor has decided is stated for it,
 * narrowed; where there is no decision either, the policy's default for such a request holds, which knows of the signal.
 */
export async function underGpc(
  events: readonly unknown[],
  denied: readonly OptionalPurpose[],
  { service, site }: { service: PersonalizationService; site: string },
): Promise<readonly unknown[]> {
  const decided = new Map<string, Promise<unknown>>();
  const decisionOf = (id: string): Promise<unknown> => {
    const found = decided.get(id) ?? storedConsent(id);
    decided.set(id, found);
    return found;
  };
  const storedConsent = async (visitorId: string): Promise<unknown> => {
    const current = (await service.consentOf({ visitorId }, { site }))?.current;
    if (!current) return null;
    return narrowed({ ...current.grants, policyVersion: current.policyVersion }, denied);
  };
  return Promise.all(
    events.map(async (event) => {
      if (!isFields(event)) return event;
      const { consent = null, granularConsent = null } = event;
      if (consent !== null) return { ...event, consent: narrowed(consent, denied) };
      if (granularConsent !== null) return { ...event, granularConsent: narrowed(granularConsent, denied) };
      const id = keptUnder(event);
      const stored = id === null ? null : await decisionOf(id);
      return stored === null ? event : { ...event, consent: stored };
    }),
  );
}

/** A decision as it is recorded under Global Privacy Control. */
export const decisionUnderGpc = (input: ConsentInput, denied: readonly OptionalPurpose[]): ConsentInput => ({
  ...input,
  purposes: { ...input.purposes, ...refusals(denied) },
});
