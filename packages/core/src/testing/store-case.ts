import type { AtomicStore } from "../ports/store.js";
import type { ConformanceCase, ConformanceClock } from "./conformance.js";

export interface StoreContext {
  store: AtomicStore;
  clock: ConformanceClock;
  /** The clock is the suite's own, and can also be turned back. */
  ownClock: boolean;
  reopen(): Promise<AtomicStore>;
}

export type StoreNeed = "atomic" | "durable";
export type StoreCase = ConformanceCase<StoreContext, StoreNeed>;
