import type { ErrorCode } from "@attune/core";
import { createCongestion, watchMoments } from "./congestion.js";
import { Refusal } from "./refusal.js";

export interface PressureLimits {
  /** Requests that are being answered at once at most, where the process keeps up; open streams do not count (default 1,000). */
  inFlight: number;
  /** Bytes of their bodies together, as far as they are known (default 64 MiB). */
  inFlightBytes: number;
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

export interface Admitted {
  /** Says how much of the body is held by now. @throws Refusal 429 where there is no room for more of it. */
  resize(bytes: number): void;
  /** The request was answered. */
  leave(): void;
}

export interface Pressure {
  /**
   * Lets a request in whose body will come to about so many bytes, of which `now` (default: all) take their room at once.
   * @throws Refusal 429 where too much is being answered already.
   */
  enter(expected: number, now?: number): Admitted;
  /** @throws Refusal 503 where the log does not take events, 429 where too many wait for their fold. */
  requireRoom(): void;
  /** Why `requireRoom` would refuse, or null. */
  state(): "appends" | "append-slow" | "lag" | null;
  /** `room`: requests that may be answered at once right now. */
  figures(): { requests: number; bytes: number; room: number };
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
  let requests = 0;
  let bytes = 0;
  const congestion = createCongestion(limits.inFlight);
  const watch = watchMoments((moment) => {
    congestion.observe(moment, requests);
    return requests > 0 || !congestion.rests;
  });

  const no = (reason: string, status: number, code: ErrorCode, detail: string, seconds: number): Refusal => {
    refused(reason);
    const retry = Math.min(MAX_RETRY_S, Math.max(1, Math.ceil(seconds)));
    return new Refusal(status, code, detail, { headers: { "retry-after": String(retry) } });
  };
  const full = (): Refusal => {
    const detail = "The server is answering as many requests as it can; send the same again later.";
    return no("in-flight", 429, "ATTUNE_SERVER_BUSY", detail, 1);
  };
  /** One that is larger than all room is still let in where nothing else is. */
  const fits = (others: number, own: number): boolean => others === 0 || others + own <= limits.inFlightBytes;
  const state: Pressure["state"] = () => {
    if (!log) return null;
    const { count, oldestMs } = log.pending();
    if (oldestMs > limits.appendMs) return "append-slow";
    if (count >= limits.appends) return "appends";
    return (log.lag()?.runs ?? 0) > limits.lag ? "lag" : null;
  };

  return {
    state,
    figures: () => ({ requests, bytes, room: congestion.room }),
    enter(expected, now = expected) {
      if (requests >= congestion.room || !fits(bytes, expected)) throw full();
      watch();
      let own = now;
      let inside = true;
      requests += 1;
      bytes += own;
      return {
        resize(actual) {
          if (!inside) return;
          if (actual > own && !fits(bytes - own, actual)) throw full();
          bytes += actual - own;
          own = actual;
        },
        leave() {
          if (!inside) return;
          inside = false;
          requests -= 1;
          bytes -= own;
        },
      };
    },
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
