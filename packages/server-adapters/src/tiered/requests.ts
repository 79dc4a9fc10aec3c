import { type CommitOptions, expiryOf, type StoreOp } from "@attune/core/ports";
import { ONCE_TTL_MS } from "@attune/core/memory";
import { jsonText } from "../shared/json-text.js";
import { RECORD, TOKEN } from "./layout.js";

/** An operation with a value of its own, which nobody can change any more. */
export interface Operation {
  op: "put" | "delete" | "check";
  key: string;
  sort: string;
  ifVersion: number | undefined;
  value: unknown;
  /** Of the value as JSON. */
  bytes: number;
  expiresAt: number | null;
}

/** What is done at once or not at all. */
export interface Request {
  operations: readonly Operation[];
  token: { key: string; until: number | null } | null;
}

/**
 * @param now For when a token ends.
 * @throws AttuneError `ATTUNE_STORE_VALUE` where a value has no JSON form, `ATTUNE_STORE_EXPIRY` where an end is no time.
 */
export function toRequest(
  ops: readonly StoreOp[],
  { once, onceTtl = ONCE_TTL_MS }: CommitOptions,
  now: number,
): Request {
  return {
    operations: ops.map(toOperation),
    token: once === undefined ? null : { key: TOKEN + once, until: expiryOf(now + onceTtl) },
  };
}

function toOperation(op: StoreOp): Operation {
  const head = { op: op.op, key: RECORD + op.sort, sort: op.sort, ifVersion: op.ifVersion };
  if (op.op !== "put") return { ...head, value: null, bytes: 0, expiresAt: null };
  const text = jsonText(op.value);
  const value = JSON.parse(text) as unknown;
  return { ...head, value, bytes: Buffer.byteLength(text), expiresAt: expiryOf(op.expiresAt) };
}

export const keysOf = (requests: readonly Request[]): string[] => [
  ...new Set(
    requests.flatMap(({ operations, token }) => [
      ...operations.map(({ key }) => key),
      ...(token === null ? [] : [token.key]),
    ]),
  ),
];

export const deletedBy = (requests: readonly Request[]): ReadonlySet<string> =>
  new Set(
    requests.flatMap(({ operations }) => operations.flatMap(({ op, key }) => (op === "delete" ? [key] : []))),
  );
