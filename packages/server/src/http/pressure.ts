import type { ErrorCode } from "@attune/core";
import { Refusal } from "./refusal.js";
import { createRoom, type Room, type RoomLimits } from "./room.js";

export interface PressureLimits extends RoomLimits {
  /** Appends to the log at once (default 256). */
  appends: number;
  /** An append that takes longer says that the log is stuck, ms (default 1,000). */
  appendMs: number;
  /** Runs of events that wait for their fold (default 100,000). */
  lag: number;
}

export const PRESSURE_LIMITS: PressureLimits = {
  inFlight: 1000,
  inFlightBytes: 64 << 20,
  appends: 256,
  appendMs: 1000,
  lag: 100_000,
};

/** What is known of the log; null where the server was handed a service and no log. */
export interface LogState {
  pending(): { count: number; oldestMs: number };
  /** Runs that wait for their fold, as last asked, and by how many a second they become fewer; null where not known. */
  lag(): { runs: number; perSecond: number } | null;
}

export interface Pressure extends Room {
  /** @throws Refusal 503 where the log does not take events, 429 where too many wait for their fold. */
  requireRoom(): void;
  /** Why `requireRoom` would refuse, or null. */
  state(): "appends" | "append-slow" | "lag" | null;
}

const MAX_RETRY_S = 60;
const UNKNOWN_RETRY_S = 5;

/**
 * Says no at the door, before anything of a body is read, rather than letting requests queue where memory and patience end. What was let in is
 * bounded; whoever is refused is told when to come again.
 */
export function createPressure(
  limits: PressureLimits,
  log: LogState | null,
  refused: (reason: string) => void,
): Pressure {
  const no = (reason: string, status: number, code: ErrorCode, detail: string, seconds: number): Refusal => {
    refused(reason);
    const retry = Math.min(MAX_RETRY_S, Math.max(1, Math.ceil(seconds)));
    return new Refusal(status, code, detail, { headers: { "retry-after": String(retry) } });
  };
  const full = (): Refusal => {
    const detail = "The server is answering as many requests as it can; send the same again later.";
    return no("in-flight", 429, "ATTUNE_SERVER_BUSY", detail, 1);
  };
  const state: Pressure["state"] = () => {
    if (!log) return null;
    const { count, oldestMs } = log.pending();
    if (oldestMs > limits.appendMs) return "append-slow";
    if (count >= limits.appends) return "appends";
    return (log.lag()?.runs ?? 0) > limits.lag ? "lag" : null;
  };

  return {
    state,
    ...createRoom(limits, full),
    requireRoom() {
      const reason = state();
      if (reason === null || !log) return;
      if (reason === "lag") {
        const { runs, perSecond } = log.lag() as { runs: number; perSecond: number };
        const seconds = perSecond > 0 ? (runs - limits.lag) / perSecond : UNKNOWN_RETRY_S;
        const detail = "Too many events wait for their fold; send the same again later.";
        throw no(reason, 429, "ATTUNE_SERVER_BUSY", detail, seconds);
      }
      // As long again as the log has been stuck: short hiccups are retried soon, long ones are left alone.
      const seconds = log.pending().oldestMs / 1000;
      const detail = "The log does not take events right now; send the same again later.";
      throw no(reason, 503, "ATTUNE_SERVER_INGEST", detail, seconds);
    },
  };
}
