import type { DeadLetter, Log } from "@attune/core/ports";
import type { Environment } from "./environment.js";
import { textKey } from "./keys.js";

/** Dead letters under their ids: these are time-ordered (UUIDv7), so key order is oldest first. */
export function lmdbDeadLetters(environment: Environment): Log["deadLetters"] {
  const letters = environment.database("dead-letters");
  return {
    async put(items) {
      const rows = items.map((letter) => ({ key: textKey(letter.id), text: JSON.stringify(letter) }));
      await environment.write(() => {
        for (const { key, text } of rows) letters.putSync(key, text);
      });
    },
    async read(after, limit) {
      environment.assertOpen();
      const range = after === null ? { limit } : { start: textKey(after), exclusiveStart: true, limit };
      return Array.from(letters.getRange(range), ({ value }) => JSON.parse(value) as DeadLetter);
    },
    async remove(ids) {
      const keys = ids.map(textKey);
      return environment.write(() => {
        let count = 0;
        for (const key of keys) if (letters.removeSync(key)) count++;
        return count;
      });
    },
  };
}
