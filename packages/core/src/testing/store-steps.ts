import type { RecordKey, ScanRange } from "../ports/store.js";
import { assert, collect } from "./assert.js";
import type { Arbitrary, FastCheck } from "./fast-check.js";
import { call, given } from "./histories.js";
import {
  agree,
  BOUNDS,
  ending,
  lifeOf,
  maybe,
  PARTITIONS,
  PREFIXES,
  partitionOf,
  type StoreStep,
  type StoreStepOptions,
  sortOf,
  VALUES,
  versionOf,
} from "./store-step-inputs.js";
import { commitSteps } from "./store-steps-commit.js";

/** Every call that the port has, each with what may be given to it. */
export function storeSteps(fc: FastCheck, options: StoreStepOptions): Arbitrary<StoreStep> {
  const weighted = <T>(
    weight: number,
    arbitrary: Arbitrary<T>,
  ): { weight: number; arbitrary: Arbitrary<T> } => ({ weight, arbitrary });
  return fc.oneof<StoreStep>(
    weighted(12, puts(fc, options)),
    weighted(5, reads(fc)),
    weighted(6, scans(fc)),
    weighted(6, removals(fc)),
    ...(options.atomic ? [weighted(12, commitSteps(fc, options))] : []),
    ...(options.ttl ? [weighted(6, passing(fc))] : []),
    ...(options.durable ? [weighted(2, fc.constantFrom(reopened))] : []),
  );
}

function puts(fc: FastCheck, { ttl }: StoreStepOptions): Arbitrary<StoreStep> {
  const input = {
    partition: partitionOf(fc),
    sort: sortOf(fc),
    value: fc.constantFrom(...VALUES),
    ifVersion: versionOf(fc),
    life: lifeOf(fc, ttl),
  };
  return fc
    .record<{
      partition: string;
      sort: string;
      value: unknown;
      ifVersion: number | undefined;
      life: number | undefined;
    }>(input)
    .map(({ partition, sort, value, ifVersion, life }) => ({
      async run(history) {
        const { model, store, clock } = history;
        const put = given<{ ifVersion?: number; expiresAt?: number }>({
          ifVersion,
          expiresAt: ending(clock.now(), life),
        });
        const expected = model.put(partition, sort, value, put);
        assert.equal(await store.put(partition, sort, value, put), expected, "result");
        await agree(history, partition);
      },
      toString: () => call("put", partition, sort, value, given({ ifVersion, expiresIn: life })),
    }));
}

function reads(fc: FastCheck): Arbitrary<StoreStep> {
  const keys = fc.array(fc.record<RecordKey>({ partition: partitionOf(fc), sort: sortOf(fc) }), {
    minLength: 0,
    maxLength: 4,
  });
  return fc.oneof<StoreStep>(
    {
      weight: 1,
      arbitrary: keys.map((wanted) => ({
        async run({ model, store }) {
          const expected = wanted.map(({ partition, sort }) => model.get(partition, sort));
          assert.equal(await store.getMany(wanted), expected, "records");
        },
        toString: () =>
          call(
            "getMany",
            wanted.map(({ partition, sort }) => [partition, sort]),
          ),
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .record<RecordKey>({ partition: partitionOf(fc), sort: sortOf(fc) })
        .map(({ partition, sort }) => ({
          async run({ model, store }) {
            assert.equal(await store.get(partition, sort), model.get(partition, sort), "record");
          },
          toString: () => call("get", partition, sort),
        })),
    },
  );
}

function scans(fc: FastCheck): Arbitrary<StoreStep> {
  const range = fc
    .record<{ [K in keyof ScanRange]-?: ScanRange[K] | undefined }>({
      from: maybe(fc, fc.constantFrom<string>(...BOUNDS)),
      to: maybe(fc, fc.constantFrom<string>(...BOUNDS)),
      prefix: maybe(fc, fc.constantFrom<string>(...PREFIXES)),
      limit: maybe(fc, fc.integer({ min: 0, max: 4 })),
      reverse: maybe(fc, fc.constantFrom(true, false)),
    })
    .map((all) => given<ScanRange>(all));
  return fc.oneof<StoreStep>(
    {
      weight: 5,
      arbitrary: fc
        .record<{ partition: string; range: ScanRange }>({ partition: partitionOf(fc), range })
        .map((input) => ({
          async run({ model, store }) {
            const expected = model.scan(input.partition, input.range);
            assert.equal(await collect(store.scan(input.partition, input.range)), expected, "records");
          },
          toString: () => call("scan", input.partition, input.range),
        })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom("", "a", "a/", "b", "none").map((prefix) => ({
        async run({ model, store }) {
          assert.equal(await collect(store.partitions(prefix)), model.partitions(prefix), "names");
        },
        toString: () => call("partitions", prefix),
      })),
    },
  );
}

function removals(fc: FastCheck): Arbitrary<StoreStep> {
  return fc.oneof<StoreStep>(
    {
      weight: 4,
      arbitrary: fc
        .record<RecordKey>({ partition: partitionOf(fc), sort: sortOf(fc) })
        .map(({ partition, sort }) => ({
          async run(history) {
            const expected = history.model.delete(partition, sort);
            assert.equal(await history.store.delete(partition, sort), expected, "whether it was there");
            await agree(history, partition);
          },
          toString: () => call("delete", partition, sort),
        })),
    },
    {
      weight: 1,
      arbitrary: partitionOf(fc).map((partition) => ({
        async run(history) {
          const expected = history.model.deletePartition(partition);
          assert.equal(await history.store.deletePartition(partition), expected, "count");
          await agree(history, partition);
        },
        toString: () => call("deletePartition", partition),
      })),
    },
  );
}

function passing(fc: FastCheck): Arbitrary<StoreStep> {
  return fc.oneof<StoreStep>(
    {
      weight: 2,
      arbitrary: fc.constantFrom(1000, 2000, 5000).map((ms) => ({
        run: async ({ clock }) => clock.advance(ms),
        toString: () => call("advance", ms),
      })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<StoreStep>({
        async run({ model, store }) {
          const [expected, swept] = [model.sweep(), await store.sweep()];
          // An engine that expires by itself may have been quicker.
          assert.ok(swept <= expected, `swept ${swept} where ${expected} had expired`);
        },
        toString: () => "sweep()",
      }),
    },
  );
}

const reopened: StoreStep = {
  async run(history) {
    history.store = await history.reopen();
    for (const partition of PARTITIONS) await agree(history, partition);
  },
  toString: () => "reopen()",
};
