import { assert, collect } from "./assert.js";
import type { Arbitrary, FastCheck } from "./fast-check.js";
import type { Step } from "./histories.js";
import type { StoreContext } from "./store-case.js";
import type { StoreModel } from "./store-model.js";

export interface StoreHistory extends StoreContext {
  model: StoreModel;
}

export interface StoreStepOptions {
  atomic: boolean;
  durable: boolean;
  /** Whether records and tokens expire on the way. */
  ttl: boolean;
}

export type StoreStep = Step<StoreHistory>;

/** Few, so that they meet: neighbours of each other, and with an order by code unit that is no other order. */
export const PARTITIONS = ["a", "a/b", "ab"] as const;
export const SORTS = ["1", "10", "2", "Z", "a", "a/", "a/1", "a/2", "ﬁ", "😀"] as const;
export const BOUNDS = [...SORTS, "", "a/1!", "~", "\uffff"] as const;
export const PREFIXES = ["", "a", "a/", "1", "😀", "none"] as const;
export const VALUES: readonly unknown[] = [
  0,
  1,
  -2.5,
  "",
  "text ä😀",
  null,
  true,
  [],
  { n: 1 },
  { list: [{ a: null }, "b"] },
];
export const TOKENS = ["once-1", "once-2"] as const;

export const partitionOf = (fc: FastCheck): Arbitrary<string> => fc.constantFrom<string>(...PARTITIONS);
export const sortOf = (fc: FastCheck): Arbitrary<string> => fc.constantFrom<string>(...SORTS);
export const maybe = <T>(fc: FastCheck, item: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.option(item, { nil: undefined });
export const versionOf = (fc: FastCheck): Arbitrary<number | undefined> =>
  maybe(fc, fc.integer({ min: 0, max: 3 }));

/**
 * Half seconds from now, so that whole seconds passing never hit the very moment, of which the port says nothing. A past one, or one
 * that a history does not live to see, is among them.
 */
export const lifeOf = (fc: FastCheck, ttl: boolean): Arbitrary<number | undefined> =>
  maybe(fc, fc.constantFrom(...(ttl ? [1500, 3500, 864_000_500, -500] : [864_000_500])));
export const ending = (now: number, life: number | undefined): number | undefined =>
  life === undefined ? undefined : now + life;

/** After a write the whole partition is compared: what else it changed is as wrong as what it did not. */
export async function agree({ model, store }: StoreHistory, partition: string): Promise<void> {
  assert.equal(await collect(store.scan(partition)), model.scan(partition, {}), "the partition after it");
}
