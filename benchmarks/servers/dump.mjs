import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { once } from "node:events";

/** Objects with their keys in order, so that equal values have equal text whatever store they come from. */
const canonical = (value) =>
  JSON.stringify(value, (_, part) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : part,
  );

/**
 * Writes one line for each visitor, in their order: state, segments, what it added to the counters, and the ids of its events. What
 * depends on when and in which batches the events came (versions, numbers of commits, times of receipt) is left out.
 */
export async function dumpTo(file, store, site = "default") {
  const out = createWriteStream(file);
  const digest = createHash("sha256");
  const prefix = `${site}/v/`;
  let [visitors, events] = [0, 0];
  const partitions = [];
  for await (const partition of store.partitions(prefix)) partitions.push(partition);
  for (const partition of partitions.sort()) {
    let kept = null;
    const ids = [];
    for await (const { sort, value } of store.scan(partition)) {
      if (sort.startsWith("e/")) ids.push(`${value.event.id}:${value.hash}`);
      else if (sort === "state") kept = value;
    }
    const { state = null, segments = null, counts = null, first = null } = kept ?? {};
    const line = `${canonical({ visitor: partition.slice(prefix.length), state, segments, counts, first, events: ids.sort() })}\n`;
    digest.update(line);
    visitors += 1;
    events += ids.length;
    if (!out.write(line)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  return { visitors, events, digest: digest.digest("hex") };
}
