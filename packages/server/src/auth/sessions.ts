import { randomBytes } from "node:crypto";
import type { Clock } from "@attune/core";
import { hashKey } from "./keys.js";
import type { Role } from "./roles.js";

export interface DashboardSession {
  /** Stays the same however often the cookie is replaced. */
  readonly id: string;
  readonly site: string;
  readonly role: Role;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** Signed-in people. Kept in memory: a restart signs everyone out. */
export interface Sessions {
  /** A token that opens one session, once, for a site, until it is an hour old. */
  createToken(site: string, role: Role): string;
  /** The session's cookie value, or null for a token that is unknown, used or too old. */
  redeem(token: string): string | null;
  find(cookie: string): DashboardSession | null;
  /** A new value for a cookie that has served for long enough, else null. The old one holds for a minute from the first use of the new one on. */
  renew(cookie: string): { value: string; session: DashboardSession } | null;
  /** The session of that id, if it holds. */
  get(id: string): DashboardSession | null;
  active(id: string): boolean;
  revoke(id: string): boolean;
  readonly maxAgeMs: number;
}

export interface SessionTimes {
  /** Default 12 hours. */
  maxAgeMs?: number | undefined;
  /** A cookie is replaced after this (default 15 minutes). */
  rotateMs?: number | undefined;
}

/** One value that the session's cookie has had. */
interface Value {
  readonly session: string;
  readonly madeAt: number;
  /** When a newer one was given out. */
  renewedAt: number | null;
  expiresAt: number;
  /** The hash of the value before, until this one is used. */
  before: string | null;
}

export const COOKIE = "attune_session";
const TOKEN_MS = 3_600_000;
const ROTATE_MS = 15 * 60_000;
/** What was asked for with the old value before the new one arrived is still answered. */
const OVERLAP_MS = 60_000;
/** An answer with a new value may be lost on its way: another one is given out after this. */
const AGAIN_MS = 10_000;
const MAX_ENTRIES = 1000;

export function createSessions(
  clock: Clock,
  { maxAgeMs = 12 * 3_600_000, rotateMs = ROTATE_MS }: SessionTimes = {},
): Sessions {
  const tokens = new Map<string, { site: string; role: Role; expiresAt: number }>();
  const sessions = new Map<string, DashboardSession>();
  const values = new Map<string, Value>();
  const secret = (): string => randomBytes(32).toString("base64url");

  function give(session: DashboardSession, before: string | null): string {
    const value = secret();
    const { id, expiresAt } = session;
    bound(values, clock.now(), 4 * MAX_ENTRIES);
    values.set(hashKey(value), {
      ...{ session: id, madeAt: clock.now(), renewedAt: null, expiresAt, before },
    });
    return value;
  }

  const get = (id: string): DashboardSession | null => {
    const session = sessions.get(id);
    return session && session.expiresAt > clock.now() ? session : null;
  };

  return {
    maxAgeMs,
    createToken(site, role) {
      const token = secret();
      bound(tokens, clock.now(), MAX_ENTRIES);
      tokens.set(hashKey(token), { site, role, expiresAt: clock.now() + TOKEN_MS });
      return token;
    },
    redeem(token) {
      const key = hashKey(token);
      const entry = tokens.get(key);
      tokens.delete(key);
      if (!entry || entry.expiresAt <= clock.now()) return null;
      const { site, role } = entry;
      const session = { id: hashKey(secret()), site, role, expiresAt: clock.now() + maxAgeMs };
      bound(sessions, clock.now(), MAX_ENTRIES);
      sessions.set(session.id, session);
      return give(session, null);
    },
    find(cookie) {
      const value = values.get(hashKey(cookie));
      if (value === undefined || value.expiresAt <= clock.now()) return null;
      const session = get(value.session);
      if (session && value.before !== null) {
        // The new one has arrived.
        const old = values.get(value.before);
        if (old) old.expiresAt = Math.min(old.expiresAt, clock.now() + OVERLAP_MS);
        value.before = null;
      }
      return session;
    },
    renew(cookie) {
      const key = hashKey(cookie);
      const value = values.get(key);
      const session = value ? get(value.session) : null;
      if (!value || !session) return null;
      const now = clock.now();
      const isDue =
        value.renewedAt === null ? now - value.madeAt >= rotateMs : now - value.renewedAt >= AGAIN_MS;
      // One that runs out was replaced, and that arrived.
      if (!isDue || value.expiresAt < session.expiresAt) return null;
      value.renewedAt = now;
      return { value: give(session, key), session };
    },
    get,
    active: (id) => get(id) !== null,
    revoke(id) {
      for (const [key, value] of values) if (value.session === id) values.delete(key);
      return sessions.delete(id);
    },
  };
}

/** Removes what has expired, and the oldest where there are still too many. */
function bound(entries: Map<string, { expiresAt: number }>, now: number, most: number): void {
  for (const [key, entry] of entries) if (entry.expiresAt <= now) entries.delete(key);
  for (const key of entries.keys()) {
    if (entries.size < most) return;
    entries.delete(key);
  }
}
