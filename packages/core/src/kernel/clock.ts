/** Milliseconds since the epoch. Handed in wherever time is read, so that tests and replays own it. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
