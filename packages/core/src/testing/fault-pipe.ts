import { systemClock } from "../kernel/clock.js";
import type { RandomSource } from "../kernel/random.js";
import type { FaultSet } from "./fault-set.js";
import type { FaultDirection, NetSocket } from "./fault-types.js";

export interface Pipe {
  from: NetSocket;
  to: NetSocket;
  connection: number;
  direction: FaultDirection;
  faults: FaultSet;
  random: RandomSource;
  /** Told of each piece before it is passed on, and whether it may be; false ends the matter. */
  admit(chunk: Uint8Array): boolean;
  /** Told of what was passed on. */
  passed(bytes: number): void;
  /** A fault ends the connection. */
  end(how: "reset" | "truncate"): void;
  isOver(): boolean;
}

/** How much may wait in one direction before the sender is made to wait. */
const HIGH_WATER = 1 << 20;
const SETTLE_MS = 20;

/** Passes bytes on from one socket to the other, in order, with whatever faults are set at the moment they would arrive. */
export function startPipe(pipe: Pipe): void {
  const { from, to, direction, connection, faults, random } = pipe;
  const place = { direction, connection };
  let tail = Promise.resolve();
  let waitingBytes = 0;
  let goOn = (): void => undefined;
  const drained = (): Promise<void> =>
    new Promise((resolve) => {
      goOn = resolve;
    });
  to.on("drain", () => goOn());
  to.on("close", () => goOn());

  from.on("data", (chunk) => {
    const arrival = { at: systemClock.now(), luck: random() };
    waitingBytes += chunk.length;
    if (waitingBytes > HIGH_WATER) from.pause();
    tail = tail.then(async () => {
      await held(pipe, arrival);
      await pass(chunk);
      waitingBytes -= chunk.length;
      if (waitingBytes <= HIGH_WATER) from.resume();
    });
  });
  from.on("end", () => {
    const arrival = { at: systemClock.now(), luck: random() };
    tail = tail.then(async () => {
      await held(pipe, arrival);
      if (!pipe.isOver()) to.end();
    });
  });

  /** One piece, cut where a fault says so. */
  const pass = async (chunk: Uint8Array): Promise<void> => {
    if (pipe.isOver() || !pipe.admit(chunk)) return;
    const cut = faults.find("reset", place) ?? faults.find("truncate", place);
    if (cut === undefined) return send(chunk);
    const key = `${connection} ${direction}`;
    const before = cut.passed.get(key) ?? 0;
    cut.passed.set(key, before + chunk.length);
    const left = cut.fault.afterBytes - before;
    if (chunk.length < left) return send(chunk);
    await send(chunk.subarray(0, left));
    // A reset overtakes bytes that nobody has read yet: they get a moment to arrive.
    if (left > 0) await faults.change(SETTLE_MS);
    if (pipe.isOver()) return;
    faults.strike(cut);
    pipe.end(cut.fault.type);
  };

  /** As one piece, or in the small ones of a throttle, which may come or go in the midst of it. */
  const send = async (chunk: Uint8Array): Promise<void> => {
    for (let sent = 0; sent < chunk.length; ) {
      const throttle = faults.find("throttle", place);
      const { bytesPerSecond = Number.POSITIVE_INFINITY } = throttle?.fault ?? {};
      const piece = chunk.subarray(sent, sent + Math.max(1, Math.floor(bytesPerSecond / 20)));
      if (throttle !== undefined) {
        const until = systemClock.now() + (piece.length / bytesPerSecond) * 1000;
        const stillHolds = (): boolean => faults.find("throttle", place) === throttle;
        while (!pipe.isOver() && stillHolds() && systemClock.now() < until)
          await faults.change(until - systemClock.now());
        if (!stillHolds()) continue;
      }
      if (pipe.isOver()) return;
      const isFull = !to.write(piece);
      pipe.passed(piece.length);
      sent += piece.length;
      if (isFull) await drained();
    }
  };
}

/** Waits out latency and black holes, as they are and as they change meanwhile. */
async function held(pipe: Pipe, arrival: { at: number; luck: number }): Promise<void> {
  const { faults } = pipe;
  while (!pipe.isOver()) {
    if (faults.find("black-hole", pipe) !== undefined) await faults.change();
    else {
      const { ms = 0, jitterMs = 0 } = faults.find("latency", pipe)?.fault ?? {};
      const wait = arrival.at + ms + jitterMs * arrival.luck - systemClock.now();
      if (wait <= 0) return;
      await faults.change(wait);
    }
  }
}
