import { AttuneError } from "../../kernel/errors.js";
import type { Note, QueueItem } from "../../ports/environment.js";
import type { Host } from "../host.js";
import type { DeliveryEntry } from "../types.js";
import { createDeliveryLog } from "./delivery-log.js";
import type { Device } from "./device.js";

/** What this page remembers of its own undelivered events; with working storage more are on the device. */
const MEMORY_LIMIT = 1000;

const full = (dropped: number): AttuneError =>
  new AttuneError(
    "ATTUNE_ENGINE_QUEUE_FULL",
    `Too many events wait to be sent; of those that matter least the oldest were dropped, ${dropped} so far in this page. See that the endpoint takes them.`,
  );

/** The oldest of those that matter least. */
function leastOf(items: ReadonlyMap<string, QueueItem>): string {
  let least: QueueItem | undefined;
  for (const item of items.values()) if (!least || (item.weight ?? 1) < (least.weight ?? 1)) least = item;
  return least?.id ?? "";
}

/** Events that wait to be delivered: on the device where that works, and this page's own in memory as well. */
export interface Outbox {
  /** Resolves with where it is once that is so. `note`: what goes to the device with it. */
  add(item: QueueItem, name: string, note: Note): Promise<"stored" | "memory">;
  /** Puts a note on the device. Resolves with whether it is there. */
  note(note: Note): Promise<boolean>;
  /** Resolves when what was added so far is on the device, or cannot be. */
  written(): Promise<unknown>;
  /** The oldest, those of earlier pages included. */
  next(limit: number): Promise<readonly QueueItem[]>;
  /** This page's own. */
  own(): readonly QueueItem[];
  /** How many these are. */
  size(): number;
  /** These need not be sent any more. */
  settle(items: readonly QueueItem[], rejected: readonly { id: string }[]): Promise<void>;
  /** Forgets what is in memory. */
  clear(): void;
  recent(): readonly DeliveryEntry[];
}

export function createOutbox(host: Host, device: Device): Outbox {
  const own = new Map<string, QueueItem>();
  const log = createDeliveryLog(host.clock);
  let unwritten: QueueItem[] = [];
  let notes: Note[] = [];
  let writing: Promise<boolean> | null = null;
  let latest: Promise<unknown> = Promise.resolve();
  let lost = 0;
  const drop = (count: number): void => {
    lost += count;
    host.report(full(lost));
  };

  /** All that is added in one tick shares one transaction. */
  const write = (): Promise<boolean> => {
    writing ??= Promise.resolve().then(async () => {
      writing = null;
      const [items, left] = [unwritten, notes];
      [unwritten, notes] = [[], []];
      const dropped = await device.use((storage) => storage.enqueue(items, left));
      if (dropped) drop(dropped);
      return dropped !== undefined;
    });
    latest = writing;
    return writing;
  };
  const note = (left: Note): Promise<boolean> => {
    if (device.status() !== "device") return Promise.resolve(false);
    notes.push(left);
    return write();
  };

  return {
    note,
    written: () => latest,
    async add(item, name, left) {
      const stored = device.status() === "device";
      own.set(item.id, item);
      log.add(item.id, name, stored ? "queued" : "memory");
      if (own.size > MEMORY_LIMIT) {
        own.delete(leastOf(own));
        if (!stored) drop(1);
      }
      if (!stored) return "memory";
      unwritten.push(item);
      if (await note(left)) return "stored";
      log.became(item.id, "memory");
      return "memory";
    },
    async next(limit) {
      await writing;
      return (await device.use((storage) => storage.peek(limit))) ?? [...own.values()].slice(0, limit);
    },
    own: () => [...own.values()],
    size: () => own.size,
    async settle(items, rejected) {
      const ids = items.map(({ id }) => id);
      for (const id of ids) {
        own.delete(id);
        log.became(id, rejected.some((refused) => refused.id === id) ? "rejected" : "sent");
      }
      await device.use((storage) => storage.remove(ids));
    },
    clear() {
      own.clear();
      unwritten = [];
      notes = [];
      log.clear();
    },
    recent: log.recent,
  };
}
