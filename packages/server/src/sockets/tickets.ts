import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "@attune/core";
import type { Store } from "@attune/core/ports";
import type { Principal } from "../auth/authenticate.js";

/** For whom a ticket was issued, and where it holds. */
export interface TicketHolder extends Pick<Principal, "kind" | "id" | "site"> {
  /** The page's, as its browser said; null where the one who asked was no page. */
  origin: string | null;
  /** Whether Global Privacy Control was asked for: handshakes of browsers need not say so. */
  gpc: boolean;
}

/**
 * What a page opens a WebSocket with, since it cannot set a header there and a key in an address ends up in logs. Each is good once, for half a
 * minute; kept in the store, so that any process of the service takes it, and none twice.
 */
export interface Tickets {
  issue(holder: TicketHolder): Promise<{ ticket: string; expiresAt: string }>;
  /** Null for one that is unknown, used or too old. It is used from then on. */
  redeem(ticket: string): Promise<TicketHolder | null>;
}

const TICKET_MS = 30_000;
const SORT = "ticket";
/** The site's name, so that the record lies with its site, and chance. */
const FORM = /^([\w-]{1,128})\.([\w-]{43})$/;

const partitionOf = (site: string, chance: string): string =>
  `${site}/ticket/${createHash("sha256").update(chance).digest("base64url")}`;

export function createTickets(store: Store, clock: Clock): Tickets {
  return {
    async issue(holder) {
      const chance = randomBytes(32).toString("base64url");
      const expiresAt = clock.now() + TICKET_MS;
      await store.put(partitionOf(holder.site, chance), SORT, holder, { ifVersion: 0, expiresAt });
      return {
        ticket: `${Buffer.from(holder.site).toString("base64url")}.${chance}`,
        expiresAt: new Date(expiresAt).toISOString(),
      };
    },
    async redeem(ticket) {
      const [, site, chance] = FORM.exec(ticket) ?? [];
      if (site === undefined || chance === undefined) return null;
      const partition = partitionOf(Buffer.from(site, "base64url").toString(), chance);
      const found = await store.get<TicketHolder>(partition, SORT);
      // Of several that come at once, one removes it. The store's clock may be another than the one it was issued by.
      const isMine = found !== null && (await store.delete(partition, SORT));
      return isMine && (found.expiresAt ?? 0) > clock.now() ? found.value : null;
    },
  };
}
