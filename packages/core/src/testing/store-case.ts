import type { AtomicStore } from "../ports/store.js";
import type { ConformanceCase, ConformanceClock } from "./conformance.js";

export interface StoreContext {
  store: AtomicStore;
  clock: ConformanceClock;
  reopen(): Promise<AtomicStore>;
}

export type StoreNeed = "atomic" | "durable";
export type StoreCase = ConformanceCase<StoreContext, StoreNeed>;
