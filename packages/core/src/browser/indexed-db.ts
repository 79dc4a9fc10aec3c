import type { DeviceStorage, Found, Note, QueueItem } from "../ports/environment.js";
import { watchQueue } from "./queue-watch.js";
import { shareStorage } from "./storage-share.js";

const OPEN_MS = 3000;
/** Far more than a day offline makes; a page that can never deliver must not fill the device. */
const QUEUE_LIMIT = 20_000;
/** The share of a full queue that makes room at once: finding what matters least costs a look at all of it. */
const ROOM = 0.01;
/** So long a page waits for its turn to send, ms. */
const TURN_MS = 5000;
/** Keys of notes lie among the values: after all that are texts. */
const noteKey = (id: string): IDBValidKey => ["note", id];
const allNotes = (): IDBKeyRange => IDBKeyRange.bound(["note"], ["note", []]);

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

const isFull = (error: unknown): boolean => (error as DOMException | null)?.name === "QuotaExceededError";

function giveUp(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended, and only has not said so yet.
  }
}

/** Removes so many: the oldest of those that matter least. O(queue). */
function makeRoom(queue: IDBObjectStore, count: number): void {
  const byWeight: IDBValidKey[][] = [[], [], []];
  const cursor = queue.openCursor();
  cursor.onsuccess = () => {
    const at = cursor.result;
    if (at) {
      byWeight[(at.value as QueueItem).weight ?? 1]?.push(at.primaryKey);
      // There are enough of the lightest.
      if ((byWeight[0]?.length ?? 0) < count) return at.continue();
    }
    for (const id of byWeight.flat().slice(0, count)) queue.delete(id);
  };
}

/**
 * Values and the event queue in one IndexedDB database, opened at the first use. The queue is ordered by id, and ids are time-ordered.
 * Every rejection means: not stored.
 *
 * @param limit Of the queue: beyond it, and where the device has no room, those make room that matter least, the oldest first.
 */
export function indexedDbStorage(name: string, limit = QUEUE_LIMIT): DeviceStorage {
  let opened: Promise<IDBDatabase> | null = null;
  /** Events that made room on a full device and are not told of yet. */
  let evicted = 0;
  /** Ask for more as answers come: of a page that is left they would never end, and hold up what it still writes. */
  const merges = new Set<IDBTransaction>();

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

  /**
   * Asks for all of it at once and says that this was all: of a page that is left meanwhile nothing more is heard, and where the browser keeps
   * it (WebKit) what it has not ended would keep the next page waiting.
   *
   * @param goesOn The action asks for more as answers come, so that the transaction ends by itself.
   */
  async function run<T>(
    mode: IDBTransactionMode,
    action: (values: IDBObjectStore, queue: IDBObjectStore) => IDBRequest<T> | undefined,
    goesOn = false,
  ): Promise<T | undefined> {
    const database = await open();
    return within<T | undefined>((resolve, reject) => {
      const transaction = database.transaction(["values", "queue"], mode);
      const request = action(transaction.objectStore("values"), transaction.objectStore("queue"));
      if (!goesOn) transaction.commit();
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  const write = <T = undefined>(
    action: (values: IDBObjectStore, queue: IDBObjectStore) => IDBRequest<T> | undefined,
  ): Promise<T | undefined> => run("readwrite", action);

  const drop = async (count: number): Promise<void> => {
    await run("readwrite", (_, queue) => void makeRoom(queue, count), true);
  };

  /** Writes. Where the device is full, a tenth of the queue makes room, and if that is not enough twice as much, up to all but a third. */
  async function insert<T>(task: () => Promise<T>, share = 0.1): Promise<T> {
    try {
      return await task();
    } catch (error) {
      if (!isFull(error) || share > 0.4) throw error;
      const count = (await run<number>("readonly", (_, queue) => queue.count())) ?? 0;
      const room = Math.ceil(count * share);
      await drop(room);
      evicted += room;
      return insert(task, share * 2);
    }
  }

  async function merge(key: string, make?: (found: Found) => unknown): Promise<Found | undefined> {
    const database = await open();
    return within<Found | undefined>((resolve, reject) => {
      const transaction = database.transaction("values", make ? "readwrite" : "readonly");
      const values = transaction.objectStore("values");
      const value = values.get(key) as IDBRequest<unknown>;
      const notes = values.getAll(allNotes()) as IDBRequest<Note[]>;
      let failure: unknown;
      let found: Found | undefined;
      if (make) merges.add(transaction);
      else transaction.commit();
      notes.onsuccess = () => {
        found = { value: value.result, notes: notes.result };
        try {
          const next = make?.(found);
          if (next !== undefined) {
            values.put(next, key);
            values.delete(allNotes());
            found = { value: next, notes: [] };
          }
          if (make) transaction.commit();
        } catch (error) {
          failure = error;
          transaction.abort();
        }
      };
      transaction.oncomplete = () => {
        merges.delete(transaction);
        resolve(found);
      };
      transaction.onabort = () => {
        merges.delete(transaction);
        const cause = failure ?? transaction.error;
        // Given up by this page itself there is no cause.
        if (cause) reject(cause);
        else resolve(undefined);
      };
    });
  }

  return {
    get: (key) => run<unknown>("readonly", (values) => values.get(key)),
    async set(key, value) {
      await insert(() => write((values) => values.put(value, key)));
    },
    async enqueue(items, notes = []) {
      const put = (left: readonly Note[]) =>
        write((values, queue) => {
          for (const note of left) values.put(note, noteKey(note.id));
          for (const item of items) queue.put(item);
          return queue.count();
        });
      // Where there is no room for both, what is to be sent matters more than what the next page knows of it.
      const count = await put(notes).catch(async (error: unknown) => {
        if (!isFull(error)) throw error;
        await write((values) => void values.delete(allNotes()));
        return insert(() => put([]));
      });
      const over = (count ?? 0) - limit;
      const excess = over > 0 ? Math.max(over, Math.floor(limit * ROOM)) : 0;
      if (excess > 0) await drop(excess);
      const dropped = excess + evicted;
      evicted = 0;
      return dropped;
    },
    peek: async (limit) =>
      (await run<QueueItem[]>("readonly", (_, queue) => queue.getAll(null, limit))) ?? [],
    async remove(ids) {
      await write((_, queue) => {
        for (const id of ids) queue.delete(id);
        return undefined;
      });
    },
    async exclusive(task, signal) {
      // Absent outside secure contexts; then the server's deduplication is what remains.
      if (!navigator.locks) return task().then(() => true);
      const waiting = new AbortController();
      const giveUp = (): void => waiting.abort();
      if (signal.aborted) return false;
      signal.addEventListener("abort", giveUp);
      const timer = setTimeout(giveUp, TURN_MS);
      let mine = false;
      try {
        // Waiting, not asking again and again: whoever is next goes on at once where the holder is killed, in a page without timers too.
        await navigator.locks.request(name, { signal: waiting.signal }, () => {
          mine = true;
          clearTimeout(timer);
          return task();
        });
      } catch (error) {
        if (mine || !waiting.signal.aborted) throw error;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
      }
      return mine;
    },
    merge: (key, make) => insert(() => merge(key, make)),
    watch: (listener) => watchQueue(name, listener),
    share: (listener) => shareStorage(`${name} state`, listener, () => merges.forEach(giveUp), close),
    async destroy() {
      if (opened) {
        // Emptied first: deletion may have to wait for other pages, the data must not.
        await write((values, queue) => {
          values.clear();
          return queue.clear();
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
