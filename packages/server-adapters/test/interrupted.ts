import type { AtomicStore, Store } from "@attune/core/ports";
import type { Tiers } from "./surviving.js";

/** What happens around every call that a process makes to its stores. */
export interface Interruption {
  /** Before the call is done; rejecting undoes it. */
  before(isWrite: boolean): Promise<void>;
  /** After it is done and before its caller hears of it. */
  after(isWrite: boolean): Promise<void>;
}

/** The same two stores as one process sees them, with something that may happen around each of its calls. */
export function interrupted({ hot, durable }: Tiers, { before, after }: Interruption): Tiers {
  const around = async <T>(isWrite: boolean, call: () => Promise<T>): Promise<T> => {
    await before(isWrite);
    const result = await call();
    await after(isWrite);
    return result;
  };
  const store = (inner: Store): Store => ({
    get: (...args) => around(false, () => inner.get(...args)),
    getMany: (keys) => around(false, () => inner.getMany(keys)),
    put: (...args) => around(true, () => inner.put(...args)),
    delete: (...args) => around(true, () => inner.delete(...args)),
    async *scan<V>(...args: Parameters<Store["scan"]>) {
      await before(false);
      for await (const record of inner.scan<V>(...args)) {
        yield record;
        await after(false);
      }
    },
    deletePartition: (partition) => around(true, () => inner.deletePartition(partition)),
    partitions: (prefix) => inner.partitions(prefix),
    sweep: () => around(true, () => inner.sweep()),
    close: async () => undefined,
  });
  const atomic = (inner: AtomicStore): AtomicStore => ({
    ...store(inner),
    commit: (...args) => around(true, () => inner.commit(...args)),
  });
  return { hot: atomic(hot), durable: store(durable) };
}

/** A process that dies at its so-many-th write: `before` or `after` it is done. From then on none of its calls does anything. */
export function mortalTiers(
  tiers: Tiers,
  writes: number,
  edge: "before" | "after",
): { tiers: Tiers; isDead(): boolean } {
  let left = writes;
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new Error("The process is dead.");
  };
  const mortal = interrupted(tiers, {
    async before(isWrite) {
      if (dead) die();
      if (isWrite && --left === 0 && edge === "before") die();
    },
    async after(isWrite) {
      if (dead || (isWrite && left <= 0 && edge === "after")) die();
    },
  });
  return { tiers: mortal, isDead: () => dead };
}

/** A process that stands still at its so-many-th write, until it is let go on. */
export function halting(
  tiers: Tiers,
  writes: number,
  edge: "before" | "after",
): { tiers: Tiers; stands: Promise<void>; goOn(): void } {
  let left = writes;
  let goOn = (): void => undefined;
  let arrive = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const stands = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  let halted = false;
  const halt = async (isWrite: boolean, here: boolean): Promise<void> => {
    if (!isWrite || left > 0 || halted || !here) return;
    halted = true;
    arrive();
    await gate;
  };
  const process = interrupted(tiers, {
    async before(isWrite) {
      if (isWrite) left--;
      await halt(isWrite, edge === "before");
    },
    after: (isWrite) => halt(isWrite, edge === "after"),
  });
  return { tiers: process, stands, goOn: () => goOn() };
}
