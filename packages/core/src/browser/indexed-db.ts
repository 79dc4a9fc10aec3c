import type { DeviceStorage, QueueItem } from "../ports/environment.js";

const OPEN_MS = 3000;
/** Far more than a day offline makes; a page that can never deliver must not fill the device. */
const QUEUE_LIMIT = 20_000;

/** Some browsers neither open nor refuse a database in private mode: after a while that counts as refused. */
function within<T>(
  start: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new DOMException("IndexedDB did not answer", "TimeoutError")),
      OPEN_MS,
    );
    start(
      (value) => (clearTimeout(timer), resolve(value)),
      (reason) => (clearTimeout(timer), reject(reason)),
    );
  });
}

/**
 * Values and the event queue in one IndexedDB database, opened at the first use. The queue is ordered by id, and ids are time-ordered.
 * Every rejection means: not stored.
 *
 * @param limit Of the queue: beyond it the oldest make room.
 */
export function indexedDbStorage(name: string, limit = QUEUE_LIMIT): DeviceStorage {
  let opened: Promise<IDBDatabase> | null = null;

  const open = (): Promise<IDBDatabase> => {
    const mine = (opened ??= within<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      const refuse = (): void => reject(request.error);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("values");
        request.result.createObjectStore("queue", { keyPath: "id" });
      };
      request.onerror = refuse;
      request.onblocked = refuse;
      request.onsuccess = () => {
        const database = request.result;
        // Given up meanwhile: nobody would close it, and an erasure would wait for it.
        if (opened !== mine) database.close();
        // Another page deletes the database: let go at once, so that an erasure never waits for this page.
        database.onversionchange = close;
        database.onclose = close;
        resolve(database);
      };
    }));
    mine.catch(() => {
      if (opened === mine) opened = null;
    });
    return mine;
  };

  function close(): void {
    opened?.then(
      (database) => database.close(),
      () => undefined,
    );
    opened = null;
  }

  async function run<T>(
    mode: IDBTransactionMode,
    action: (values: IDBObjectStore, queue: IDBObjectStore) => IDBRequest<T> | undefined,
  ): Promise<T | undefined> {
    const database = await open();
    return within<T | undefined>((resolve, reject) => {
      const transaction = database.transaction(["values", "queue"], mode);
      const request = action(transaction.objectStore("values"), transaction.objectStore("queue"));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  const write = async (action: (values: IDBObjectStore, queue: IDBObjectStore) => void): Promise<void> => {
    await run("readwrite", (values, queue) => {
      action(values, queue);
      return undefined;
    });
  };

  return {
    get: (key) => run<unknown>("readonly", (values) => values.get(key)),
    set: (key, value) => write((values) => values.put(value, key)),
    async enqueue(items) {
      let excess = 0;
      await write((_, queue) => {
        for (const item of items) queue.put(item);
        const count = queue.count();
        count.onsuccess = () => {
          excess = Math.max(0, count.result - limit);
          if (excess === 0) return;
          const oldest = queue.getAllKeys(null, excess);
          oldest.onsuccess = () => {
            for (const id of oldest.result) queue.delete(id);
          };
        };
      });
      return excess;
    },
    peek: async (limit) =>
      (await run<QueueItem[]>("readonly", (_, queue) => queue.getAll(null, limit))) ?? [],
    remove: (ids) =>
      write((_, queue) => {
        for (const id of ids) queue.delete(id);
      }),
    async exclusive(task) {
      // Absent outside secure contexts; then the server's deduplication is what remains.
      if (!navigator.locks) return task().then(() => true);
      return navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
        if (lock) await task();
        return lock !== null;
      });
    },
    async destroy() {
      if (opened) {
        // Emptied first: deletion may have to wait for other pages, the data must not.
        await write((values, queue) => {
          values.clear();
          queue.clear();
        }).catch(() => undefined);
        close();
      }
      await within<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = () => resolve();
        request.onerror = () => reject(request.error);
      });
    },
    close,
  };
}
