import { type Clock, systemClock } from "../kernel/clock.js";
import { safeReport } from "../kernel/safe-report.js";
import type { Cancellation, Environment, Timers } from "../ports/environment.js";

/** An environment with its gaps filled, and the one way in which it is called: whatever it throws is reported, never passed on. */
export interface Host {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly timers: Timers;
  report(error: unknown): void;
  attempt<T>(task: () => T): T | undefined;
}

/** What every platform has and ES2022 alone does not declare. */
interface Platform {
  AbortController: new () => Cancel;
  setTimeout(task: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

const platformTimers: Timers = {
  set: (task, ms) => (globalThis as unknown as Platform).setTimeout(task, ms),
  clear: (handle) => (globalThis as unknown as Platform).clearTimeout(handle),
};

export function createHost(environment: Environment): Host {
  const { clock = systemClock, timers = platformTimers } = environment;
  const report = safeReport(environment);
  return {
    environment,
    clock,
    timers,
    report,
    attempt(task) {
      try {
        return task();
      } catch (error) {
        report(error);
        return undefined;
      }
    },
  };
}

export interface Cancel {
  readonly signal: Cancellation;
  abort(): void;
}

export const createCancel = (): Cancel => new (globalThis as unknown as Platform).AbortController();

export interface Listeners<T> {
  add(listener: (value: T) => void): () => void;
  emit(value: T): void;
}

/** Calls everyone who listens; what one of them throws reaches neither the others nor the caller. */
export function createListeners<T>(host: Host): Listeners<T> {
  const all = new Set<(value: T) => void>();
  return {
    add(listener) {
      const call = (value: T): void => host.attempt(() => listener(value));
      all.add(call);
      return () => void all.delete(call);
    },
    emit(value) {
      for (const call of all) call(value);
    },
  };
}
