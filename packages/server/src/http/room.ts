import { performance } from "node:perf_hooks";
import { createCongestion, watchMoments } from "./congestion.js";
import type { Refusal } from "./refusal.js";

export interface RoomLimits {
  /** Requests that are being answered at once at most, where the process keeps up; open streams do not count (default 1,000). */
  inFlight: number;
  /** Bytes of their bodies together, as far as they are known (default 64 MiB). */
  inFlightBytes: number;
}

/** A request that was let in. */
export interface Admitted {
  /** Says how much of the body is held by now. @throws Refusal 429 where there is no room for more of it. */
  resize(bytes: number): void;
  /**
   * The body is on its way: until what is returned is called, the request may be given up for others once this has taken a second.
   * @param giveUp Told that it was; its place is others' by then.
   */
  arriving(giveUp: () => void): () => void;
  /**
   * Asks to stay for something that nobody here works at; null where too many do so already. What is returned is called when that begins: from
   * then on the request takes no place of those that are being answered.
   */
  wait(): (() => void) | null;
  /** The request was answered. */
  leave(): void;
}

export interface Room {
  /**
   * Lets a request in whose body will come to about so many bytes, of which `now` (default: all) take their room at once.
   * @throws What `full` makes, where too much is being answered already.
   */
  enter(expected: number, now?: number): Admitted;
  /** `room`: requests that may be answered at once right now. */
  figures(): { requests: number; bytes: number; room: number };
}

interface Taken {
  requests: number;
  bytes: number;
}

/** A body that is on its way. */
interface Arrival {
  readonly since: number;
  /** Bytes that have their room by now. */
  held(): number;
  giveUp(): void;
}

/** So long a body may take to arrive whoever else comes, ms: on any usual connection a batch takes less. */
const PATIENCE_MS = 1000;
/** What bodies of those who wait may take of the room, so that enough is left for those who do not. */
const WAITING_SHARE = 0.5;

/**
 * The places of requests that are being answered, and the room for their bodies. Where it is full, those whose bodies take long make way for
 * who comes, the longest first: who opens connections and sends nothing on them keeps nobody out.
 */
export function createRoom(limits: RoomLimits, full: () => Refusal): Room {
  let requests = 0;
  let bytes = 0;
  const waiting = { requests: 0, bytes: 0 };
  /** Who has been at it longest comes first. */
  const arriving = new Set<Arrival>();
  const congestion = createCongestion(limits.inFlight);
  const watch = watchMoments((moment) => {
    congestion.observe(moment, requests);
    return congestion.minds(requests);
  });

  /** One that is larger than all room is still let in where nothing else is. */
  const fits = (others: number, own: number): boolean => others === 0 || others + own <= limits.inFlightBytes;

  /**
   * Gives up as many as it takes, and nobody where that does not help.
   *
   * @param isEnough Whether there is room once so much was given back.
   * @param own Of whom the room is for, where it is one of them: when its turn comes it alone is given up.
   * @throws What `full` makes, where giving up all that may be given up does not help.
   */
  function makeRoom(isEnough: (back: Taken) => boolean, own?: Arrival): void {
    const back = { requests: 0, bytes: 0 };
    if (isEnough(back)) return;
    const longest: Arrival[] = [];
    const latest = performance.now() - PATIENCE_MS;
    for (const one of arriving) {
      if (one.since > latest) break;
      if (one === own) return one.giveUp();
      longest.push(one);
      back.requests += 1;
      back.bytes += one.held();
      if (isEnough(back)) return longest.forEach((each) => each.giveUp());
    }
    throw full();
  }

  function admitted(own: number): Admitted {
    let inside = true;
    let waits: "no" | "will" | "now" = "no";
    let arrival: Arrival | undefined;
    requests += 1;
    bytes += own;
    const leave = (): void => {
      if (!inside) return;
      inside = false;
      bytes -= own;
      if (waits !== "now") requests -= 1;
      if (waits === "no") return;
      waiting.requests -= 1;
      waiting.bytes -= own;
    };
    return {
      leave,
      resize(actual) {
        if (inside && actual > own) makeRoom((back) => fits(bytes - own - back.bytes, actual), arrival);
        if (!inside) return;
        bytes += actual - own;
        own = actual;
      },
      arriving(giveUp) {
        const begun: Arrival = {
          since: performance.now(),
          held: () => own,
          giveUp() {
            arriving.delete(begun);
            leave();
            giveUp();
          },
        };
        arriving.add(begun);
        arrival = begun;
        return () => void arriving.delete(begun);
      },
      wait() {
        const most = limits.inFlightBytes * WAITING_SHARE;
        if (!inside || waiting.requests >= limits.inFlight || waiting.bytes + own > most) return null;
        waits = "will";
        waiting.requests += 1;
        waiting.bytes += own;
        return () => {
          if (!inside || waits === "now") return;
          waits = "now";
          requests -= 1;
        };
      },
    };
  }

  return {
    figures: () => ({ requests, bytes, room: congestion.room }),
    enter(expected, now = expected) {
      makeRoom((back) => requests - back.requests < congestion.room && fits(bytes - back.bytes, expected));
      const one = admitted(now);
      if (congestion.minds(requests)) watch();
      return one;
    },
  };
}
