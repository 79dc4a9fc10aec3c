import { createConsentState } from "../../consent/index.js";
import type { ConsentPolicy, Grants } from "../../consent/types.js";
import { AttuneError } from "../../kernel/errors.js";
import { openHandover, sealHandover } from "../../privacy/index.js";
import type { ServiceContext } from "../context.js";
import { storedGrants } from "../door/narrow.js";
import { checkSite, handoverPartition, SORT, visitorPartition } from "../layout/partitions.js";
import type { ConsentEntry } from "../layout/records.js";
import { isStandIn, STAND_IN } from "../layout/stand-in.js";
import type { HandoverOptions } from "../options.js";

/** How long a link may be followed, ms. */
const HANDOVER_MS = 120_000;
/** Whose clocks differ by less than this cannot take one up twice, ms. */
const SKEW_MS = 3_600_000;

/** Hands visitors over from one domain of a site to another. Nothing that is stored for it names anybody. */
export interface Handovers {
  /** Null where consent does not cover that the visitor is known. */
  issue(visitorId: string, options: HandoverOptions): Promise<{ token: string; expiresAt: number } | null>;
  /** Once. Null for one that is used, too old, altered, or for another place, and where consent does not cover it any more. */
  redeem(token: string, options: HandoverOptions): Promise<{ visitorId: string } | null>;
}

/** By what is stored of the visitor, else by what holds where the request comes from; of the erased nothing is known any more. */
async function grantsOf(
  { hot, clock, pseudonyms }: ServiceContext,
  policy: ConsentPolicy | null,
  visitorId: string,
  { site, gpc = false, region }: Omit<HandoverOptions, "origin">,
): Promise<Grants | null> {
  const checked = checkSite(site);
  const partition = visitorPartition(checked, (await pseudonyms.of(checked))("v", visitorId));
  const [decision, tombstone] = await hot.getMany<never>(
    [SORT.consent, SORT.tombstone].map((sort) => ({ partition, sort })),
  );
  if (tombstone != null) return null;
  const place = { now: clock.now(), gpc, region };
  const stored = (decision?.value as ConsentEntry | undefined)?.current;
  return stored === undefined
    ? createConsentState(policy ?? { version: "unstated" }, { ...place, region: region ?? null }).grants
    : storedGrants(policy, stored, place);
}

const mayBeKnown = (grants: Grants | null): boolean =>
  grants !== null && (grants.analytics || grants.personalization);

export function createHandovers(context: ServiceContext, policy: ConsentPolicy | null): Handovers {
  const { hot, clock, ids, keys } = context;
  return {
    async issue(visitorId, { origin, ...options }) {
      // Hosts in JavaScript may have given anything.
      if (typeof visitorId !== "string" || visitorId === "" || visitorId.length > 128 || isStandIn(visitorId))
        throw new AttuneError(
          STAND_IN.code,
          "A visitor id of 1 to 128 characters is handed over; users and sessions are not.",
        );
      const site = checkSite(options.site);
      if (!mayBeKnown(await grantsOf(context, policy, visitorId, options))) return null;
      const expiresAt = clock.now() + HANDOVER_MS;
      const claim = { id: ids(), visitorId, expiresAt };
      const token = await sealHandover(await keys.key(site, "audit"), { site, to: origin }, claim);
      return { token, expiresAt };
    },
    async redeem(token, { origin, ...options }) {
      const site = checkSite(options.site);
      const claim = await openHandover(await keys.key(site, "audit"), { site, to: origin }, token);
      if (claim === null || claim.expiresAt <= clock.now()) return null;
      const { id, visitorId, expiresAt } = claim;
      if (!mayBeKnown(await grantsOf(context, policy, visitorId, options))) return null;
      // Of several that come at once, one writes it.
      const used = { ifVersion: 0, expiresAt: expiresAt + SKEW_MS };
      const { written } = await hot.put(handoverPartition(site, id), SORT.used, { v: 1 }, used);
      return written ? { visitorId } : null;
    },
  };
}
