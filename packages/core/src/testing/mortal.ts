import type { Log, LogHandler } from "../ports/log.js";
import type { AtomicStore, Store } from "../ports/store.js";

/** Whether the write at which the process dies is still done. Either way nobody hears of it. */
export type CrashEdge = "before" | "after";

/** Does a write of a process that dies at one of them; rejects at that one and ever after. */
export type Burn = <T>(write: () => Promise<T>) => Promise<T>;

/** A process that dies at its `writes`-th write: from then on every call that changes something fails and changes nothing. */
export function createLife(writes: number, edge: CrashEdge): { burn: Burn; isDead(): boolean } {
  let left = writes;
  return {
    isDead: () => left <= 0,
    async burn(write) {
      left--;
      const isLast = left === 0;
      if (left < 0 || (isLast && edge === "before")) throw new Error("The process is dead.");
      const result = await write();
      if (isLast) throw new Error("The process is dead.");
      return result;
    },
  };
}

/** The store as seen by a process that dies. Closing it is up to whoever made the store. */
export const mortalStore = (store: Store, burn: Burn): Store => ({
  get: (partition, sort) => store.get(partition, sort),
  getMany: (keys) => store.getMany(keys),
  scan: (partition, range) => store.scan(partition, range),
  partitions: (prefix) => store.partitions(prefix),
  put: (...args) => burn(() => store.put(...args)),
  delete: (...args) => burn(() => store.delete(...args)),
  deletePartition: (partition) => burn(() => store.deletePartition(partition)),
  sweep: () => burn(() => store.sweep()),
  close: async () => undefined,
});

export const mortalAtomicStore = (store: AtomicStore, burn: Burn): AtomicStore => ({
  ...mortalStore(store, burn),
  commit: (...args) => burn(() => store.commit(...args)),
});

/** The log as seen by a process that dies. A delivery counts as a write at its end, when the position would be committed. */
export const mortalLog = (log: Log, burn: Burn): Log => ({
  capabilities: log.capabilities,
  append: (entries) => burn(() => log.append(entries)),
  read: (shard, after, limit) => log.read(shard, after, limit),
  // What fails after the handler is the commit of the position: the batch comes again.
  consume: <V>(group: string, handler: LogHandler<V>, options: Parameters<Log["consume"]>[2]) =>
    log.consume<V>(group, (batch) => burn(() => handler(batch)), options),
  committed: (group, shard) => log.committed(group, shard),
  lag: (group) => log.lag(group),
  erase: (key) => burn(() => log.erase(key)),
  trim: (before) => burn(() => log.trim(before)),
  deadLetters: {
    put: (letters) => burn(() => log.deadLetters.put(letters)),
    read: (after, limit) => log.deadLetters.read(after, limit),
    remove: (ids) => burn(() => log.deadLetters.remove(ids)),
  },
  close: async () => undefined,
});
