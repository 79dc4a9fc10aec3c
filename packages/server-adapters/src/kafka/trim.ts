import type { Admin } from "kafkajs";
import { failureOf, unavailable } from "./errors.js";
import type { Offsets, Range } from "./offsets.js";

export interface TrimOptions {
  topic: string;
  offsets: Offsets;
  /** What the ids of the log's groups begin with. */
  prefix: string;
}

/**
 * Asks the brokers to delete what is older than the time and committed by every group of the log (DeleteRecords). A
 * cluster that does not let us list its groups or delete records keeps everything: 0, and its retention does the work.
 *
 * @returns How many offsets are gone.
 */
export async function trimTopic(options: TrimOptions, before: number): Promise<number> {
  const { topic, offsets, prefix } = options;
  try {
    const admin = await offsets.admin();
    const groups = await groupsOf(admin, prefix);
    const committed = await Promise.all(groups.map((group) => offsets.committed(group)));
    const ranges = await offsets.ranges();
    const cuts = cutsOf(ranges, await offsets.at(before), committed);
    const partitions = cuts.map((cut, partition) => ({ partition, offset: String(cut) }));
    const worthIt = partitions.filter((_, shard) => removed(ranges[shard], cuts[shard]) > 0);
    if (worthIt.length === 0) return 0;
    await admin.deleteTopicRecords({ topic, partitions: worthIt });
    return cuts.reduce((sum, cut, shard) => sum + removed(ranges[shard], cut), 0);
  } catch (error) {
    if (isForbidden(error)) return 0;
    throw unavailable("delete old records", error);
  }
}

/**
 * Up to which offset each shard may be cut: what is old, but nothing that a group has not committed. A group that has
 * committed nothing in a shard has still all of it to read.
 */
export function cutsOf(
  ranges: readonly Range[],
  old: readonly number[],
  committed: readonly (readonly (number | null)[])[],
): number[] {
  return ranges.map(({ low, high }, shard) => {
    const settled = committed.map((group) => group[shard] ?? low);
    return Math.max(low, Math.min(high, old[shard] ?? low, ...settled));
  });
}

const removed = (range: Range | undefined, cut: number | undefined): number =>
  range === undefined || cut === undefined ? 0 : cut - range.low;

async function groupsOf(admin: Admin, prefix: string): Promise<string[]> {
  const { groups } = await admin.listGroups();
  return groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix));
}

/** Whether the cluster does not know the request, or not allow it. */
function isForbidden(error: unknown): boolean {
  const { name, type, cause } = failureOf(error);
  if (name === "KafkaJSServerDoesNotSupportApiKey") return true;
  if (type !== undefined && (type.endsWith("_AUTHORIZATION_FAILED") || type === "POLICY_VIOLATION"))
    return true;
  return cause !== undefined && isForbidden(cause);
}
