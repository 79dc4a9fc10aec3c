import type { Clock } from "../../kernel/clock.js";
import type { DeliveryEntry } from "../types.js";

const KEPT = 50;

/** What became of the latest events, newest first, for "what was sent". */
export function createDeliveryLog(clock: Clock) {
  let entries: readonly DeliveryEntry[] = [];
  return {
    add(id: string, name: string, status: DeliveryEntry["status"]): void {
      entries = [{ id, name, at: clock.now(), status }, ...entries.slice(0, KEPT - 1)];
    },
    became(id: string, status: DeliveryEntry["status"]): void {
      if (entries.some((entry) => entry.id === id))
        entries = entries.map((entry) => (entry.id === id ? { ...entry, status } : entry));
    },
    clear(): void {
      entries = [];
    },
    recent: (): readonly DeliveryEntry[] => entries,
  };
}
