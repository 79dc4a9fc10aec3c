import { assert, collect } from "./assert.js";
import type { TestRunner } from "./conformance.js";
import type { FastCheck } from "./fast-check.js";
import { type HistoryOptions, registerHistories } from "./histories.js";
import { type StoreUnderTest, storeContext } from "./store-conformance.js";
import { storeModel } from "./store-model.js";
import { PARTITIONS, type StoreHistory } from "./store-step-inputs.js";
import { storeSteps } from "./store-steps.js";
import { withPort } from "./under-test.js";

export interface StoreHistoriesOptions extends StoreUnderTest, HistoryOptions {
  /**
   * Whether records and tokens expire on the way (default: where no `clock` is given, since with an engine's own clock each second of
   * a history is a second).
   */
  ttl?: boolean;
}

/**
 * T13: generated histories of calls run against the store and against a pure model of the port, and must agree after each step: get,
 * getMany, put, delete, scan with every kind of range, deletePartition, partitions, sweep, time passing; commit where `atomic`; closing
 * and opening again where `durable`.
 */
export function storeHistories(runner: TestRunner, fc: FastCheck, options: StoreHistoriesOptions): void {
  const { atomic, durable } = options.capabilities;
  registerHistories<StoreHistory>(runner, fc, {
    title: `store histories: ${options.name}`,
    options,
    steps: storeSteps(fc, { atomic, durable, ttl: options.ttl ?? options.clock === undefined }),
    around: (run) =>
      withPort(options, (context) => {
        return run({ ...storeContext(context), model: storeModel(() => context.clock.now()) });
      }),
    async finish({ store, model }) {
      assert.equal(await collect(store.partitions("")), model.partitions(""), "partitions");
      for (const partition of PARTITIONS)
        assert.equal(await collect(store.scan(partition)), model.scan(partition, {}), partition);
    },
  });
}
