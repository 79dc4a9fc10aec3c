import type { AtomicStore, ScanRange, StoreRecord } from "@attune/core/ports";
import type { HotTier } from "./hot.js";
import { HEAD, type HotHead, type HotRow, RECORD } from "./layout.js";

/** Records are read in pages of this size; each is handed out once it is known that the hot store had all of it. */
const PAGE = 128;

/** The records of a range, in order; a loss of the hot store on the way leaves no gap. */
export async function* tieredScan(
  { hotStore, hot }: { hotStore: AtomicStore; hot: HotTier },
  partition: string,
  range: ScanRange,
): AsyncGenerator<StoreRecord<HotRow>> {
  let left = range.limit ?? Number.POSITIVE_INFINITY;
  let after: string | undefined;
  while (left > 0) {
    const { head } = await hot.rows(partition, []);
    const size = Math.min(left, PAGE);
    const page: StoreRecord<HotRow>[] = [];
    for await (const row of hotStore.scan<HotRow>(partition, hotRange(range, after, size))) page.push(row);
    // Emptied meanwhile, the page may have a gap.
    if ((await hotStore.get<HotHead>(partition, HEAD))?.value.load !== head.load) continue;
    yield* page;
    if (page.length < size) return;
    left -= size;
    after = page[size - 1]?.sort;
  }
}

/** The range in the keys of the hot store, behind the key that came last. */
function hotRange(
  { from, to, prefix = "", reverse = false }: ScanRange,
  after: string | undefined,
  limit: number,
): ScanRange {
  const behind = after === undefined || reverse ? undefined : `${after}\u0000`;
  const start = behind ?? (from === undefined ? undefined : RECORD + from);
  const end = after !== undefined && reverse ? after : to === undefined ? undefined : RECORD + to;
  return {
    prefix: RECORD + prefix,
    limit,
    reverse,
    ...(start !== undefined && { from: start }),
    ...(end !== undefined && { to: end }),
  };
}
