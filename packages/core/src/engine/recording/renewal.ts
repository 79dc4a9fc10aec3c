import type { RandomSource } from "../../kernel/random.js";
import type { Cancellation } from "../../ports/environment.js";
import { createCancel, type Host } from "../host.js";
import { backOff } from "./back-off.js";

/** What is new is told to all pages in one moment: they ask for it within this, ms. */
const SPREAD_MS = 1000;
/** Failures in a row after which it is left until something is told again. */
const MAX_FAILURES = 5;

/** Something that is read anew when it may have changed. */
export interface Renewal {
  ask(): void;
  /** For good. */
  stop(): void;
}

/**
 * Reads within a second of being asked to, one reading at a time: who asks meanwhile has it read once more, so that an older answer never comes
 * after a newer one. A reading that fails is reported and repeated.
 */
export function createRenewal(
  host: Host,
  random: RandomSource,
  read: (signal: Cancellation) => Promise<void>,
): Renewal {
  const cancel = createCancel();
  const { signal } = cancel;
  let timer: unknown = null;
  let reading = false;
  let asked = false;
  let failures = 0;

  const soon = (ms: number): void => {
    timer ??= host.timers.set(() => void run(), ms);
  };
  const run = async (): Promise<void> => {
    timer = null;
    reading = true;
    asked = false;
    try {
      await read(signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      host.report(error);
      failures += 1;
    }
    reading = false;
    if (signal.aborted) return;
    if (failures >= MAX_FAILURES) failures = 0;
    else if (failures > 0) return soon(backOff(failures, undefined, random));
    if (asked) soon(random() * SPREAD_MS);
  };
  return {
    ask() {
      asked = true;
      if (!reading && !signal.aborted) soon(random() * SPREAD_MS);
    },
    stop() {
      cancel.abort();
      if (timer !== null) host.timers.clear(timer);
    },
  };
}
