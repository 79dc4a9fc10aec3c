import type { DeadLetter, Log } from "../ports/log.js";
import { cloneJson } from "./clone.js";
import { lowerBound, sortedKeys } from "./sorted-keys.js";

/** Dead letters in memory, in the order of their ids: these are time-ordered (UUIDv7), so oldest first. */
export function memoryDeadLetters(): Log["deadLetters"] {
  const letters = new Map<string, DeadLetter>();
  const ids = sortedKeys();
  return {
    async put(items) {
      for (const letter of items) {
        if (!letters.has(letter.id)) ids.add(letter.id);
        letters.set(letter.id, cloneJson(letter));
      }
    },
    async read(after, limit) {
      const keys = ids.list();
      const found: DeadLetter[] = [];
      for (
        let i = after === null ? 0 : lowerBound(keys, `${after}\u0000`);
        i < keys.length && found.length < limit;
        i++
      ) {
        const letter = letters.get(keys[i] as string);
        if (letter !== undefined) found.push(cloneJson(letter));
      }
      return found;
    },
    async remove(unwanted) {
      let count = 0;
      for (const id of unwanted) {
        if (!letters.delete(id)) continue;
        ids.remove(id);
        count++;
      }
      return count;
    },
  };
}
