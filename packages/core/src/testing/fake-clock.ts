import type { Clock } from "../kernel/clock.js";

export interface FakeClock extends Clock {
  /** Moves on by so many milliseconds. */
  advance(ms: number): void;
  /** Jumps to a time, forwards or back. */
  set(ms: number): void;
}

/** A clock that stands still until it is told to move (default start: 2025-01-01T00:00:00Z). */
export function createFakeClock(start = 1_735_689_600_000): FakeClock {
  let now = start;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
    set(ms) {
      now = ms;
    },
  };
}
