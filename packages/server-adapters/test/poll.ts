import { expect } from "vitest";

/** Asks until it is as expected; patient, for boxes that are busy. */
export function poll<T>(ask: () => T) {
  return expect.poll(ask, { timeout: 10_000 });
}
