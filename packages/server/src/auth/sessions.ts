import { randomBytes } from "node:crypto";
import type { Clock } from "@attune/core";
import { hashKey } from "./keys.js";

export interface DashboardSession {
  readonly id: string;
  readonly site: string;
  readonly expiresAt: number;
}

/** Signed-in people. Kept in memory: a restart signs everyone out. */
export interface Sessions {
  /** A token that opens one session, once, for a site, until it is an hour old. */
  createToken(site: string): string;
  /** The session's cookie value, or null for a token that is unknown, used or too old. */
  redeem(token: string): string | null;
  find(cookie: string): DashboardSession | null;
  active(id: string): boolean;
  revoke(id: string): boolean;
  readonly maxAgeMs: number;
}

export const COOKIE = "attune_session";
const TOKEN_MS = 3_600_000;
const MAX_ENTRIES = 1000;

export function createSessions(clock: Clock, maxAgeMs = 12 * 3_600_000): Sessions {
  const tokens = new Map<string, { site: string; expiresAt: number }>();
  const sessions = new Map<string, DashboardSession>();
  const secret = (): string => randomBytes(32).toString("base64url");

  return {
    maxAgeMs,
    createToken(site) {
      const token = secret();
      bound(tokens, clock.now());
      tokens.set(hashKey(token), { site, expiresAt: clock.now() + TOKEN_MS });
      return token;
    },
    redeem(token) {
      const key = hashKey(token);
      const entry = tokens.get(key);
      tokens.delete(key);
      if (!entry || entry.expiresAt <= clock.now()) return null;
      const cookie = secret();
      const id = hashKey(cookie);
      bound(sessions, clock.now());
      sessions.set(id, { id, site: entry.site, expiresAt: clock.now() + maxAgeMs });
      return cookie;
    },
    find(cookie) {
      const session = sessions.get(hashKey(cookie));
      return session && session.expiresAt > clock.now() ? session : null;
    },
    active: (id) => (sessions.get(id)?.expiresAt ?? 0) > clock.now(),
    revoke: (id) => sessions.delete(id),
  };
}

/** Removes what has expired, and the oldest where there are still too many. */
function bound(entries: Map<string, { expiresAt: number }>, now: number): void {
  for (const [key, entry] of entries) if (entry.expiresAt <= now) entries.delete(key);
  for (const key of entries.keys()) {
    if (entries.size < MAX_ENTRIES) return;
    entries.delete(key);
  }
}
