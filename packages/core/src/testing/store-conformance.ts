import type { AtomicStore, Store } from "../ports/store.js";
import { register, type Skips, type TestRunner } from "./conformance.js";
import type { StoreContext, StoreNeed } from "./store-case.js";
import { storeCommitCases } from "./store-cases-commit.js";
import { storeHostileCases } from "./store-cases-hostile.js";
import { storeRecordCases } from "./store-cases-record.js";
import { storeScanCases } from "./store-cases-scan.js";
import { type PortContext, type UnderTest, withPort } from "./under-test.js";

export interface StoreCapabilities {
  /** The store has `commit`. */
  atomic: boolean;
  /** What was written is there when the store is opened again. */
  durable: boolean;
}

export type StoreUnderTest = UnderTest<Store | AtomicStore, StoreCapabilities>;

export interface StoreConformanceOptions extends StoreUnderTest {
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
    around: (run) => withPort(options, (context) => run(storeContext(context))),
  });
}

/** Calls of `commit` are made only where `capabilities.atomic` says that it is there. */
export function storeContext(context: PortContext<Store | AtomicStore>): StoreContext {
  const { port, reopen, ...rest } = context;
  return { ...rest, store: port as AtomicStore, reopen: async () => (await reopen()) as AtomicStore };
}
