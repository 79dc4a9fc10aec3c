import { type CommitOptions, type CommitResult, expiryOf, type StoreOp } from "@attune/core/ports";
import { ONCE_TTL_MS } from "@attune/core/memory";
import { createHash } from "node:crypto";
import { jsonText } from "../shared/json-text.js";
import { Again, type Connection } from "./connection.js";
import { type RowKey, rowKey } from "./keys.js";
import type { Statements } from "./statements.js";
import { KIND } from "./table.js";

/** A step of a commit, checked and encoded before the transaction begins. */
interface Step {
  op: StoreOp;
  key: RowKey;
  text: string;
}

export interface Commit {
  partition: Buffer;
  steps: readonly Step[];
  token: Buffer | null;
  onceTtl: number;
}

/** @throws AttuneError `ATTUNE_STORE_KEY`, `ATTUNE_STORE_VALUE`, `ATTUNE_STORE_EXPIRY` */
export function toCommit(partition: string, ops: readonly StoreOp[], options: CommitOptions): Commit {
  const { once, onceTtl = ONCE_TTL_MS } = options;
  // Refused here, before anything is done.
  expiryOf(onceTtl);
  return {
    partition: rowKey({ partition, sort: "" }).partition,
    steps: ops.map((op) => ({
      op,
      key: rowKey({ partition, sort: op.sort }),
      text: op.op === "put" ? jsonText(op.value) : "",
    })),
    token: once === undefined ? null : rowKey({ partition, sort: once }).sort,
    onceTtl,
  };
}

interface Seen {
  kind: number;
  sort: Buffer;
  version: number;
  expires_at: number | null;
}

/** A row to be written; null for one to be removed. */
interface Row {
  kind: number;
  sort: Buffer;
  version: number;
  expiresAt: number | null;
  text: string;
  seen: boolean;
}

/** Runs a commit in a transaction of its own: lock the partition, look, decide, write. */
export function commit(
  { transaction }: Connection,
  sql: Statements,
  given: Commit,
  now: () => number,
): Promise<CommitResult> {
  const { partition, steps, token, onceTtl } = given;
  return transaction(async (query): Promise<CommitResult> => {
    await query(sql.lock, [lockOf(sql.table, partition)]);
    const at = now();
    const seen = await query<Seen>(sql.look, [partition, steps.map(({ key }) => key.sort), token]);
    const used = seen.find(({ kind }) => kind === KIND.token);
    if (used !== undefined && isLiving(used, at)) return { status: "duplicate" };
    const standing = new Map(
      seen.flatMap((row) => (row.kind === KIND.record ? [[row.sort.toString("latin1"), row]] : [])),
    );
    const versionAt = ({ sort }: RowKey, made?: Row | null): number => {
      if (made != null) return isLiving({ expires_at: made.expiresAt }, at) ? made.version : 0;
      const row = made === null ? undefined : standing.get(sort.toString("latin1"));
      return row !== undefined && isLiving(row, at) ? row.version : 0;
    };
    for (const { op, key } of steps) {
      if (op.ifVersion !== undefined && op.ifVersion !== versionAt(key))
        return { status: "conflict", sort: op.sort };
    }
    const rows = outcome(steps, standing, versionAt);
    if (token !== null) {
      const expiresAt = at + onceTtl;
      rows.put.push({
        kind: KIND.token,
        sort: token,
        version: 1,
        expiresAt,
        text: "",
        seen: used !== undefined,
      });
    }
    await write(query, sql, partition, rows);
    return { status: "committed" };
  });
}

interface Rows {
  put: Row[];
  remove: Buffer[];
}

/** What stands at the end if the steps are taken in their order. One record may be named several times; it is written once. */
function outcome(
  steps: readonly Step[],
  standing: ReadonlyMap<string, Seen>,
  /** `made`: what an earlier step made of the record; null where it removed it. */
  versionAt: (key: RowKey, made?: Row | null) => number,
): Rows {
  const last = new Map<string, Row | null>();
  for (const { op, key, text } of steps) {
    if (op.op === "check") continue;
    const name = key.sort.toString("latin1");
    if (op.op === "delete") {
      last.set(name, null);
      continue;
    }
    const version = versionAt(key, last.get(name));
    last.set(name, {
      kind: KIND.record,
      sort: key.sort,
      version: version + 1,
      expiresAt: expiryOf(op.expiresAt),
      text,
      seen: standing.has(name),
    });
  }
  const put = [...last.values()].filter((row) => row !== null);
  // Only what the commit saw, and so has locked: a row that came since belongs after this commit.
  const remove = [...last].flatMap(([name, row]) => (row === null ? (standing.get(name)?.sort ?? []) : []));
  return { put, remove };
}

async function write(
  query: Connection["query"],
  sql: Statements,
  partition: Buffer,
  { put, remove }: Rows,
): Promise<void> {
  if (put.length === 0 && remove.length === 0) return;
  const [result] = await query<{ count: number }>(sql.write, [
    partition,
    put.map(({ kind }) => kind),
    put.map(({ sort }) => sort),
    put.map(({ version }) => version),
    put.map(({ expiresAt }) => expiresAt),
    put.map(({ text }) => text),
    put.map(({ seen }) => seen),
    remove,
  ]);
  // A single put does not wait for the partition's lock, and has made a row where this commit saw none.
  if (result?.count !== put.length) throw new Again();
}

const isLiving = ({ expires_at }: Pick<Seen, "expires_at">, now: number): boolean =>
  expires_at === null || expires_at > now;

/** 64 bits of a hash: two partitions that share them wait for each other, and no more than that. */
export function lockOf(table: string, partition: Buffer): string {
  return createHash("sha256").update(`${table}\0`).update(partition).digest().readBigInt64BE(0).toString();
}
