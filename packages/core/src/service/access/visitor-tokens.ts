import { AttuneError } from "../../kernel/errors.js";
import type { Clock } from "../../kernel/clock.js";
import type { KeyProvider } from "../../ports/capabilities.js";
import { claimIn, isSignedToken, signVisitorToken } from "../../privacy/index.js";
import { checkSite } from "../layout/partitions.js";
import { isStandIn, STAND_IN } from "../layout/stand-in.js";

/** As long as a decision holds unless the policy says otherwise: six months of 30 days. */
export const TOKEN_MS = 180 * 86_400_000;

/** A signed text by which a visitor's browser shows whose it is, and nothing else: no key, and of no use for any other visitor. */
export interface VisitorTokens {
  issue(visitorId: string, site: string): Promise<{ token: string; expiresAt: number }>;
  read(token: string, sites: readonly string[]): Promise<{ site: string; visitorId: string } | null>;
}

export function createVisitorTokens(keys: KeyProvider, clock: Clock): VisitorTokens {
  return {
    async issue(visitorId, site) {
      // Hosts in JavaScript may have given anything.
      if (typeof visitorId !== "string" || visitorId === "" || visitorId.length > 128 || isStandIn(visitorId))
        throw new AttuneError(
          STAND_IN.code,
          "A token is for a visitor id of 1 to 128 characters; users and sessions have none.",
        );
      const expiresAt = clock.now() + TOKEN_MS;
      const claim = { site: checkSite(site), visitorId, expiresAt };
      return { token: signVisitorToken(await keys.key(claim.site, "audit"), claim), expiresAt };
    },
    async read(token, sites) {
      const claim = claimIn(token);
      // A site that nobody asked for has no key, and none may be made by asking.
      if (claim === null || !sites.includes(claim.site) || claim.expiresAt <= clock.now()) return null;
      if (!isSignedToken(await keys.key(claim.site, "audit"), token)) return null;
      return { site: claim.site, visitorId: claim.visitorId };
    },
  };
}
