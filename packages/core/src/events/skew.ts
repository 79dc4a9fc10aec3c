/** An event's time as its device says it, and when the message that brought it was sent and received; epoch ms. */
export interface ClockReading {
  /** The event's number on its device; null where unknown. */
  seq: number | null;
  occurredAt: number;
  /** By the device's clock; null where unknown. */
  sentAt: number | null;
  receivedAt: number;
}

/** A clock that shows a later time than the server's when its message arrives is ahead for certain: only jitter is let pass, ms. */
const AHEAD_MS = 100;
/** An earlier one may be the message's time on the way; beyond this it is taken for a clock that is behind, ms. */
const BEHIND_MS = 2000;

/**
 * What to add to a device's times so that they agree with the server's clock, ms. Judged from the moment of sending against that of
 * receipt only, never from the events' own times, so that events recorded while offline keep their age (T10). The time on the way is
 * part of the difference: a corrected time is late by at most that, and an ordinary way is not mistaken for a wrong clock.
 */
export function clockCorrection(sentAt: number | null, receivedAt: number): number {
  if (sentAt === null) return 0;
  const behind = receivedAt - sentAt;
  return behind < -AHEAD_MS || behind > BEHIND_MS ? behind : 0;
}
