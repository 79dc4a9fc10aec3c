import type { AtomicStore, Store } from "../ports/store.js";
import { type ConformanceClock, register, type Skips, type TestRunner } from "./conformance.js";
import { createFakeClock } from "./fake-clock.js";
import type { StoreContext, StoreNeed } from "./store-case.js";
import { storeCommitCases } from "./store-cases-commit.js";
import { storeHostileCases } from "./store-cases-hostile.js";
import { storeRecordCases } from "./store-cases-record.js";
import { storeScanCases } from "./store-cases-scan.js";

export interface StoreConformanceOptions {
  /** Shown in the titles. */
  name: string;
  /** A fresh, empty store that reads the given clock. */
  make(context: { clock: ConformanceClock }): Promise<Store | AtomicStore>;
  capabilities: {
    /** The store has `commit`. */
    atomic: boolean;
    /** What was written is there when the store is opened again. */
    durable: boolean;
  };
  /** Opens again what the last `make` made, after it was closed. Needed where `durable`. */
  reopen?(context: { clock: ConformanceClock }): Promise<Store | AtomicStore>;
  /** Cleans up after a case whose store is already closed. */
  dispose?(): Promise<void>;
  /** Where the engine keeps its own time (default: a fake clock for each case). */
  clock?: ConformanceClock;
  skips?: Skips;
}

/** What every `Store` must do, run against the real engine. Its cases name the behaviour they check. */
export function storeConformance(runner: TestRunner, options: StoreConformanceOptions): void {
  const { capabilities } = options;
  register<StoreContext, StoreNeed>(runner, {
    title: `store conformance: ${options.name}`,
    cases: [...storeRecordCases, ...storeScanCases, ...storeCommitCases, ...storeHostileCases],
    lacking: {
      ...(!capabilities.atomic && { atomic: "the adapter is a Store without commit" }),
      ...(!capabilities.durable && { durable: "the adapter declares that nothing outlives it" }),
    },
    skips: options.skips ?? {},
    async around(run) {
      const clock = options.clock ?? createFakeClock();
      // Cases that call `commit` run only where `capabilities.atomic` says that it is there.
      let store = (await options.make({ clock })) as AtomicStore;
      const reopen = async (): Promise<AtomicStore> => {
        await store.close();
        if (options.reopen === undefined)
          throw new Error("A durable store needs `reopen` in its conformance options.");
        store = (await options.reopen({ clock })) as AtomicStore;
        return store;
      };
      try {
        await run({ store, clock, reopen });
      } finally {
        await store.close();
        await options.dispose?.();
      }
    },
  });
}
