import { type ClockReading, clockCorrection } from "../../events/index.js";
import { createBoundedCache } from "../cache/bounded-cache.js";

/**
 * What the clocks of devices were found to be, so that all messages of a device are corrected alike: messages take now longer, now shorter on
 * their way, and corrections that went with each of them would put a device's events into another order than it made them in (T10).
 * A process knows only of the messages that came to it.
 */
export interface DeviceClocks {
  /** The time of an event by the server's clock, epoch ms. `device` names it in this process alone. */
  correct(device: string, reading: ClockReading): number;
}

/** Devices held at least; at most twice as many, of some hundred bytes each. */
const SIZE = 10_000;
/**
 * A message may be this much quicker on its way than the one that the clock was judged by, ms. One that is quicker still shows that the other
 * was slow, and the clock is judged anew by it.
 */
const FASTER_MS = 2000;
/** A message may be this much slower on its way, ms. Where it seems slower still, the device's clock was put back. */
const SLOWER_MS = 60_000;

interface DeviceClock {
  /** Of the message that it was judged by, ms. */
  behind: number;
  correction: number;
  /** The event of the highest number: its time as the device said it, and as it was corrected. */
  last: { seq: number; said: number; at: number } | null;
}

export function createDeviceClocks(): DeviceClocks {
  const clocks = createBoundedCache<DeviceClock>(SIZE);
  return {
    correct(device, { seq, occurredAt, sentAt, receivedAt }) {
      if (sentAt === null) return occurredAt;
      const behind = receivedAt - sentAt;
      const known = clocks.get(device);
      const holds =
        known !== undefined && behind >= known.behind - FASTER_MS && behind <= known.behind + SLOWER_MS;
      const clock = holds
        ? known
        : { behind, correction: clockCorrection(sentAt, receivedAt), last: known?.last ?? null };
      if (!holds) clocks.set(device, clock);
      const at = inOrder(occurredAt + clock.correction, occurredAt, seq, clock.last);
      if (seq !== null && seq > (clock.last?.seq ?? -1)) clock.last = { seq, said: occurredAt, at };
      return at;
    },
  };
}

/** Where the device's own times are in the order of its numbers, the corrected ones are too. */
function inOrder(at: number, said: number, seq: number | null, last: DeviceClock["last"]): number {
  if (seq === null || last === null) return at;
  if (seq > last.seq && said >= last.said) return Math.max(at, last.at);
  if (seq < last.seq && said <= last.said) return Math.min(at, last.at);
  return at;
}
