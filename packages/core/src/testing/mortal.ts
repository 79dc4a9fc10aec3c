import type { Log, LogHandler } from "../ports/log.js";
import type { AtomicStore } from "../ports/store.js";

/** Whether the write at which the process dies is still done. Either way nobody hears of it. */
export type CrashEdge = "before" | "after";

export interface Mortal {
  hot: AtomicStore;
  log: Log;
  isDead(): boolean;
}

/**
 * The same ports as seen by a process that dies at its `writes`-th write: from then on every call that changes something fails and
 * changes nothing. A log's delivery counts as a write at its end, when the position would be committed.
 */
export function mortal(ports: { hot: AtomicStore; log: Log }, writes: number, edge: CrashEdge): Mortal {
  const { hot, log } = ports;
  let left = writes;
  const burn = async <T>(write: () => Promise<T>): Promise<T> => {
    left--;
    const isLast = left === 0;
    if (left < 0 || (isLast && edge === "before")) throw new Error("The process is dead.");
    const result = await write();
    if (isLast) throw new Error("The process is dead.");
    return result;
  };
  return {
    isDead: () => left <= 0,
    hot: {
      get: (partition, sort) => hot.get(partition, sort),
      getMany: (keys) => hot.getMany(keys),
      scan: (partition, range) => hot.scan(partition, range),
      partitions: (prefix) => hot.partitions(prefix),
      put: (...args) => burn(() => hot.put(...args)),
      delete: (...args) => burn(() => hot.delete(...args)),
      deletePartition: (partition) => burn(() => hot.deletePartition(partition)),
      sweep: () => burn(() => hot.sweep()),
      commit: (...args) => burn(() => hot.commit(...args)),
      close: () => hot.close(),
    },
    log: {
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
      close: () => log.close(),
    },
  };
}
