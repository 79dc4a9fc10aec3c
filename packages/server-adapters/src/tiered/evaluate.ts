import type { HotRow, IntentOp } from "./layout.js";
import type { Operation, Request } from "./requests.js";

export type Outcome =
  /** `version` of the last record that was put; `removed`: how many living records were deleted. */
  | { status: "committed"; version: number; removed: number }
  | { status: "duplicate" }
  | { status: "conflict"; sort: string; version: number };

export interface Change {
  op: IntentOp;
  bytes: number;
}

export interface Evaluation {
  /** One for each request. */
  outcomes: Outcome[];
  /** What the requests that succeed make of the records together, one change a record. */
  changes: Change[];
}

type Standing = Pick<IntentOp, "v" | "x" | "gone"> & Partial<IntentOp>;

/**
 * What requests do, one after the other, to the records as they are: pure.
 *
 * @param rows The living rows among those that the requests name.
 */
export function evaluate(
  rows: ReadonlyMap<string, HotRow & { x?: number }>,
  requests: readonly Request[],
  now: number,
): Evaluation {
  const changed = new Map<string, Change>();
  const versionOf = (key: string): number => {
    const standing: Standing | undefined = changed.get(key)?.op ?? rows.get(key);
    if (standing === undefined || standing.gone || (standing.x !== undefined && standing.x <= now)) return 0;
    return standing.v;
  };
  const change = (key: string, bytes: number, rest: Omit<IntentOp, "k" | "d">): void =>
    void changed.set(key, { op: { k: key, d: rows.get(key)?.d ?? 0, ...rest }, bytes: bytes + key.length });

  const one = ({ operations, token }: Request): Outcome => {
    if (token !== null && versionOf(token.key) > 0) return { status: "duplicate" };
    const failing = operations.find(({ key, ifVersion }) => (ifVersion ?? versionOf(key)) !== versionOf(key));
    if (failing !== undefined)
      return { status: "conflict", sort: failing.sort, version: versionOf(failing.key) };
    if (token !== null) change(token.key, 0, { v: 1, ...(token.until !== null && { x: token.until }) });
    const outcome = { status: "committed" as const, version: 0, removed: 0 };
    for (const operation of operations) {
      const { key } = operation;
      if (operation.op === "put") {
        outcome.version = versionOf(key) + 1;
        change(key, operation.bytes, written(operation, outcome.version));
      } else if (operation.op === "delete") {
        if (versionOf(key) > 0) outcome.removed++;
        if (rows.has(key)) change(key, 0, { v: 0, gone: true });
        else changed.delete(key);
      }
    }
    return outcome;
  };
  const outcomes = requests.map(one);
  return { outcomes, changes: [...changed.values()] };
}

const written = ({ value, expiresAt }: Operation, version: number): Omit<IntentOp, "k" | "d"> => ({
  v: version,
  j: value,
  ...(expiresAt !== null && { x: expiresAt }),
});
