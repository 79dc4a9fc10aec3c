import type { Clock } from "@attune/core";
import type { AtomicStore, StoreRecord } from "@attune/core/ports";
import type { DurableTier, Intent, Standing } from "./durable.js";
import { contended } from "./errors.js";
import { type Change, evaluate, type Outcome } from "./evaluate.js";
import { type HotTier, type Snapshot, toHotOp } from "./hot.js";
import { HEAD, type HotHead, type HotRow, nextIncarnation } from "./layout.js";
import { deletedBy, keysOf, type Request } from "./requests.js";

const TRIES = 100;
const FIRST_POLL_MS = 2;

export interface CommitterOptions {
  hotStore: AtomicStore;
  hot: HotTier;
  durable: DurableTier;
  clock: Clock;
  /** How long a commit of another process may be under way before it is finished from here, ms. */
  patienceMs: number;
  wait(ms: number): Promise<void>;
}

/**
 * Several requests as one commit. In this order: the conditions are met by what the hot tier has; the commit is written into the durable
 * head, over the very head that the hot tier is the state of, and is from then on what has happened; its records are written; the hot tier
 * is brought there, which is when readers see it; the head is cleared.
 */
export async function commitGroup(
  options: CommitterOptions,
  partition: string,
  requests: readonly Request[],
): Promise<readonly Outcome[]> {
  const { hot, durable, clock } = options;
  const keys = keysOf(requests);
  const toDelete = deletedBy(requests);
  for (let tries = 0; tries < TRIES; tries++) {
    const inTime = durable.inTime();
    const snapshot = await hot.snapshot(partition, keys, toDelete);
    const { outcomes, changes } = evaluate(livingRows(keys, snapshot), requests, clock.now());
    if (changes.length === 0) return outcomes;
    inTime();
    const over = following(snapshot.head, changes, clock.now());
    const intent = await durable.begin(partition, over, snapshot.head.hv, changes);
    if (intent !== null) {
      const versions = await durable.materialize(partition, intent, inTime);
      await finish(options, partition, snapshot, intent, versions);
      return outcomes;
    }
    await othersTurn(options, partition, snapshot);
  }
  throw contended();
}

const livingRows = (
  keys: readonly string[],
  { rows }: Snapshot,
): ReadonlyMap<string, HotRow & { x?: number }> =>
  new Map(
    keys.flatMap((key, i) => {
      const row = rows[i];
      if (!row) return [];
      const { value, expiresAt } = row;
      return [[key, expiresAt === undefined ? value : { ...value, x: expiresAt }] as const];
    }),
  );

const following = (
  { i, n, ends }: HotHead,
  changes: readonly Change[],
  now: number,
): { i: string; n: number; ends: number | null } => ({
  i: i === "" ? nextIncarnation(now, "") : i,
  n: n + 1,
  ends: changes.reduce<number | null>((latest, { op: { x, gone } }) => {
    if (gone || latest === null) return latest;
    return x === undefined ? null : Math.max(latest, x);
  }, ends),
});

async function finish(
  { hot, durable }: CommitterOptions,
  partition: string,
  snapshot: Snapshot,
  intent: Intent,
  versions: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = intent.ops.map((op) => toHotOp(op, versions.get(op.k) ?? 0));
  // Clearing is a write of the head.
  const next = { head: intent.head, hv: intent.hv + 1 };
  await Promise.all([durable.clear(partition, intent), hot.advance(partition, snapshot, next, rows)]);
}

/** The durable head was not the expected one: another process is committing, has died over it, or the hot tier has lost what it had. */
async function othersTurn(
  options: CommitterOptions,
  partition: string,
  { head, version }: Snapshot,
): Promise<void> {
  const { hotStore, patienceMs, wait } = options;
  let waited = 0;
  for (let ms = FIRST_POLL_MS; waited < patienceMs; ms *= 2) {
    await wait(Math.min(ms, patienceMs - waited));
    waited += ms;
    const now = await hotStore.get<HotHead>(partition, HEAD);
    if (now?.version !== version || now.value.load !== head.load) return;
  }
  await reconcile(options, partition);
}

/**
 * Finishes what is unfinished in the durable tier, and empties the partition in the hot one where that is not its state.
 *
 * @returns How the durable tier stands.
 */
export async function reconcile(
  { hotStore, hot, durable }: Pick<CommitterOptions, "hotStore" | "hot" | "durable">,
  partition: string,
): Promise<Standing> {
  const standing = await durable.settled(partition);
  const { head, hv } = standing;
  const known: StoreRecord<HotHead> | null = await hotStore.get<HotHead>(partition, HEAD);
  if (known === null) return standing;
  const { i, n } = known.value;
  const agrees = known.value.hv === hv && i === (head?.i ?? "") && n === (head?.n ?? 0);
  if (!agrees) await hot.wipe(partition);
  return standing;
}
