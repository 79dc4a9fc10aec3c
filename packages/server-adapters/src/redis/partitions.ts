import {
  type CommitOptions,
  type CommitResult,
  expiryOf,
  type ScanRange,
  type StoreOp,
  type StoreRecord,
} from "@attune/core/ports";
import { ONCE_TTL_MS } from "@attune/core/memory";
import type { Clock } from "@attune/core";
import { decodeText } from "../shared/text.js";
import type { Argument, Connection } from "./connection.js";
import { behind, member, type ScanBounds, type StoreKeys, toBounds } from "./keys.js";
import { COMMIT } from "./lua/commit-4.lua.js";
import { COUNT } from "./lua/count-4.lua.js";
import { SCAN } from "./lua/scan-2.lua.js";
import { jsonText } from "../shared/json-text.js";
import { expiryText, parseRecord } from "./record.js";
import { runScript } from "./scripts.js";

/** Records are read in pages of this size, each in its own moment. */
const SCAN_PAGE = 128;
/**
 * Redis itself drops a partition whose records have all expired, for hosts that do not sweep; this much later than the records say, so
 * that neither a clock that is behind nor one that stands still (in tests) loses a record.
 */
const GRACE_MS = 24 * 60 * 60 * 1000;

/** What the script says of a commit. */
export type Outcome =
  | { status: "committed"; version: number; removed: number }
  | { status: "duplicate" }
  | { status: "conflict"; index: number; version: number };

export interface PartitionCommitOptions extends CommitOptions {
  /** Doing it twice is as good as doing it once (default: where there is a token). */
  repeatable?: boolean;
}

/** The partitions of a store: each is four keys of one slot. */
export interface Partitions {
  commit(partition: string, ops: readonly StoreOp[], options?: PartitionCommitOptions): Promise<Outcome>;
  get<V>(partition: string, sort: string): Promise<StoreRecord<V> | null>;
  getAll<V>(partition: string, sorts: readonly string[]): Promise<(StoreRecord<V> | null)[]>;
  scan<V>(partition: string, range: ScanRange): AsyncGenerator<StoreRecord<V>>;
  /** How many living records there are. */
  count(partition: string): Promise<number>;
  /** Removes the partition; how many living records it had. */
  remove(partition: string): Promise<number>;
}

export function redisPartitions(
  connection: Connection,
  keys: Pick<StoreKeys, "of">,
  clock: Clock,
): Partitions {
  const count = async (partition: string, remove: boolean): Promise<number> => {
    const args = [clock.now(), remove ? "1" : "0"];
    return (await runScript(connection, COUNT, keys.of(partition), args, { repeatable: !remove })) as number;
  };
  const page = async (partition: string, request: PageRequest): Promise<Buffer[]> => {
    const [records, order] = keys.of(partition);
    const args = [request.min, request.max, request.size, request.reverse ? "1" : "0"];
    return (await runScript(connection, SCAN, [records, order], args, {
      bytes: true,
      repeatable: true,
    })) as Buffer[];
  };

  return {
    async commit(partition, ops, { once, onceTtl = ONCE_TTL_MS, repeatable = once !== undefined } = {}) {
      const now = clock.now();
      const token = once === undefined ? "" : joined("=", member(once));
      // Refused here, before anything is done.
      expiryOf(onceTtl);
      const head = [now, token, once === undefined ? 0 : now + onceTtl, GRACE_MS];
      const args = ops.flatMap(operation);
      const reply = await runScript(connection, COMMIT, keys.of(partition), [...head, ...args], {
        repeatable,
      });
      return toOutcome(reply as number[]);
    },
    async get<V>(partition: string, sort: string) {
      const [records] = keys.of(partition);
      const text = await connection.call("hget", [records, member(sort)], { repeatable: true });
      return text === null ? null : parseRecord<V>({ partition, sort }, text as string, clock.now());
    },
    async getAll<V>(partition: string, sorts: readonly string[]) {
      const [records] = keys.of(partition);
      const reply = await connection.call("hmget", [records, ...sorts.map(member)], { repeatable: true });
      const now = clock.now();
      return (reply as (string | null)[]).map((text, i) =>
        text === null ? null : parseRecord<V>({ partition, sort: sorts[i] ?? "" }, text, now),
      );
    },
    async *scan<V>(partition: string, range: ScanRange) {
      const { from = "", to, prefix = "", reverse = false, limit = Number.POSITIVE_INFINITY } = range;
      let bounds: ScanBounds | null = toBounds(from, to, prefix);
      let left = limit;
      while (bounds !== null && left > 0) {
        const size = Math.min(left, SCAN_PAGE);
        const rows = await page(partition, { ...bounds, reverse, size });
        const now = clock.now();
        let sort = "";
        for (let i = 0; i < rows.length; i += 2) {
          sort = decodeText(rows[i] as Buffer);
          const record = parseRecord<V>({ partition, sort }, (rows[i + 1] as Buffer).toString(), now);
          if (record === null) continue;
          if (left-- <= 0) return;
          yield record;
        }
        if (rows.length < 2 * size) return;
        bounds = reverse ? { ...bounds, max: behind(sort) } : { ...bounds, min: behind(sort) };
      }
    },
    count: (partition) => count(partition, false),
    remove: (partition) => count(partition, true),
  };
}

interface PageRequest extends ScanBounds {
  size: number;
  reverse: boolean;
}

/** An operation as the script takes it. Encoded before anything is sent: a value without a JSON form must not leave half a commit. */
function operation(op: StoreOp): Argument[] {
  const sort = member(op.sort);
  const version = op.ifVersion ?? "";
  if (op.op === "put") return ["p", sort, version, expiryText(op.expiresAt), jsonText(op.value)];
  return [op.op === "delete" ? "d" : "c", sort, version, "", ""];
}

const joined = (head: string, tail: string | Buffer): string | Buffer =>
  typeof tail === "string" ? head + tail : Buffer.concat([Buffer.from(head), tail]);

function toOutcome([status, first = 0, second = 0]: readonly number[]): Outcome {
  if (status === 0) return { status: "committed", version: first, removed: second };
  return status === 1 ? { status: "duplicate" } : { status: "conflict", index: first, version: second };
}

/** What the port says of an outcome. */
export function toCommitResult(outcome: Outcome, ops: readonly StoreOp[]): CommitResult {
  if (outcome.status !== "conflict") return { status: outcome.status };
  return { status: "conflict", sort: ops[outcome.index]?.sort ?? "" };
}
