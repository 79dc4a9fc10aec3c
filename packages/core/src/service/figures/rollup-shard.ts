import type { AtomicStore, StoreRecord } from "../../ports/store.js";
import { SORT } from "../layout/partitions.js";
import type { BucketRecord } from "../layout/records.js";

export type Bucket = StoreRecord<BucketRecord>;

/** The buckets of a shard as they stand from now on; each is changed only as it was read. */
export interface HeldShard {
  /** False where somebody has changed the bucket since, or has removed any of the shard. */
  put(bucket: Bucket, value: BucketRecord, expiresAt: number): Promise<boolean>;
  /** False as for `put`. */
  remove(bucket: Bucket): Promise<boolean>;
}

/**
 * To be called before the buckets are read. A bucket that is removed and made again begins at version 1, so its version alone cannot tell it
 * from the one that was read: the shard's note of removals does, which is never removed itself.
 */
export async function holdShard(hot: AtomicStore, partition: string): Promise<HeldShard> {
  let removals = (await hot.get(partition, SORT.removed))?.version ?? 0;
  return {
    async put({ sort, version }, value, expiresAt) {
      const { status } = await hot.commit(partition, [
        { op: "check", sort: SORT.removed, ifVersion: removals },
        { op: "put", sort, value, ifVersion: version, expiresAt },
      ]);
      return status === "committed";
    },
    async remove({ sort, version }) {
      const { status } = await hot.commit(partition, [
        { op: "put", sort: SORT.removed, value: { v: 1 }, ifVersion: removals },
        { op: "delete", sort, ifVersion: version },
      ]);
      if (status === "committed") removals++;
      return status === "committed";
    },
  };
}
