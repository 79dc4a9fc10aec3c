import { performance } from "node:perf_hooks";

/** How the process kept up in the last few milliseconds. */
export interface Moment {
  /** How much later than it was due something was done. */
  lateMs: number;
  /** The share of the time in which its event loop had something to do, [0, 1]. */
  busy: number;
  /** Cores that it had for that; more than 1 with its helping threads. Less than it wanted, where others keep the machine busy. */
  cores: number;
}

/** Refusals come late from here on: what one may take (T12) is 50 ms, of which the way to it is a part. */
const LATE_MS = 15;
/** From here on, who is let in makes those wait who are inside. */
const BUSY = 0.9;
/** With fewer it is late because others had the processor, which no refusal here would change. */
const OWN_CORES = 0.8;
/** Fewer requests at once are never what keeps the process busy. */
const LEAST = 16;
/** As many are let in before anything was measured: what comes all at once is bounded by it. */
const START = 100;
const [LESS, MORE] = [0.8, 1.05];

/** How many requests may be answered at once, given how late the process is. */
export interface Congestion {
  readonly room: number;
  /** Whether measurements could change the room while so many requests are being answered; where they could not, they only cost. */
  minds(requests: number): boolean;
  /** @param requests How many are being answered. */
  observe(moment: Moment, requests: number): void;
}

/**
 * Requests take their time from each other, so that fewer at once make none of them slower, and a refusal comes as soon as what is under way
 * leaves room for it. As long as the process is late by its own doing, room is made for a fifth fewer than there are; one late moment alone (a garbage
 * collection) says nothing. Where it has time left although many are inside, they wait for something else, and there is room for more: 5 %
 * with each moment. What is not used, or keeps the process busy, shrinks back to where it began.
 *
 * @param most What is let in at most.
 */
export function createCongestion(most: number): Congestion {
  const start = Math.min(START, most);
  let room = start;
  let wasLate = false;
  const shrunk = (from: number, least: number) => Math.min(room, Math.max(least, Math.floor(from * LESS)));
  return {
    get room() {
      return room;
    },
    minds: (requests) => requests > LEAST || room !== start,
    observe({ lateMs, busy, cores }, requests) {
      const isLate = lateMs > LATE_MS && cores >= OWN_CORES;
      if (isLate && wasLate) room = shrunk(Math.min(room, requests), LEAST);
      else if (!isLate && (room < start || (busy < BUSY && requests * 2 >= room)))
        room = Math.min(most, Math.ceil(room * MORE));
      else if (!isLate) room = shrunk(room, start);
      wasLate = isLate;
    },
  };
}

const EVERY_MS = 10;

/**
 * Measures moments while many are under way, and costs nothing while few are.
 *
 * @param observe Told of each. False: enough for now.
 * @returns To be called whenever something begins.
 */
export function watchMoments(observe: (moment: Moment) => boolean): () => void {
  let watching = false;
  function measure(): void {
    const due = performance.now() + EVERY_MS;
    const before = performance.eventLoopUtilization();
    const used = process.cpuUsage();
    setTimeout(() => {
      const lateMs = Math.max(0, performance.now() - due);
      const { utilization } = performance.eventLoopUtilization(before);
      const { user, system } = process.cpuUsage(used);
      const cores = (user + system) / 1000 / (EVERY_MS + lateMs);
      watching = observe({ lateMs, busy: utilization, cores });
      if (watching) measure();
    }, EVERY_MS).unref();
  }
  return () => {
    if (watching) return;
    watching = true;
    measure();
  };
}
