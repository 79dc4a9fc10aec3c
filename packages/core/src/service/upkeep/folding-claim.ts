import type { Clock } from "../../kernel/clock.js";
import { AttuneError } from "../../kernel/errors.js";
import type { IdSource } from "../../kernel/ids.js";
import type { AtomicStore } from "../../ports/store.js";
import type { VisitorCache } from "../cache/visitor-cache.js";
import { SORT, WORK } from "../layout/partitions.js";

/** How long a claim stands in the store, ms. Whoever works makes it anew once half of it is over, so half of it is left for what begins. */
const CLAIM_MS = 60_000;
/** How long a rebuild may be silent, ms. */
const LEASE_MS = 120_000;
/** After which a rebuild says that it goes on, ms. */
const RENEW_MS = 15_000;

/** That this process changes what events have made, which a rebuild cannot bear meanwhile. */
export interface FoldingClaim {
  /**
   * Resolves when work may begin. One write and one read a half minute, nothing in between.
   * @throws ATTUNE_SERVICE_REBUILDING while everything is made anew.
   */
  hold(): Promise<void>;
  /** Nothing is under way here any more. */
  release(): Promise<void>;
}

interface Parts {
  hot: AtomicStore;
  clock: Clock;
  ids: IdSource;
  visitors: Pick<VisitorCache, "forget">;
}

/**
 * Claims and the rebuild's lease are written before the other's is read, so of two that begin together one at least sees the other. A claim
 * ends by itself: one that an idle process has let run out is made anew before its next work, and what that process held of visitors from
 * before a rebuild is forgotten then, since versions begin anew with the records.
 */
export function createFoldingClaim({ hot, clock, ids, visitors }: Parts): FoldingClaim {
  const sort = SORT.claim + ids();
  let since = Number.NEGATIVE_INFINITY;
  /** Whether the store may hold a claim of this process, also where making it failed. */
  let stands = false;
  let rebuilt: string | null = null;
  let claiming: Promise<void> | null = null;

  async function claim(): Promise<void> {
    const now = clock.now();
    stands = true;
    await hot.put(WORK, sort, { v: 1 }, { expiresAt: now + CLAIM_MS });
    const [lease, last] = await hot.getMany<RebuildRecord>(
      [SORT.rebuild, SORT.rebuilt].map((name) => ({ partition: WORK, sort: name })),
    );
    if (lease != null) {
      await hot.delete(WORK, sort);
      throw new AttuneError(
        "ATTUNE_SERVICE_REBUILDING",
        "Everything is being made anew from the log; do it again when that has ended.",
      );
    }
    const id = last?.value.id ?? null;
    if (id !== rebuilt) visitors.forget("", null);
    rebuilt = id;
    since = now;
  }

  return {
    async hold() {
      const held = clock.now() - since;
      // The clock may be set back, too.
      if (held >= 0 && held < CLAIM_MS / 2) return;
      claiming ??= claim().finally(() => {
        claiming = null;
      });
      await claiming;
    },
    async release() {
      // One that is being made would stand for a minute, and keep off a rebuild.
      await claiming?.catch(() => undefined);
      if (!stands) return;
      stands = false;
      since = Number.NEGATIVE_INFINITY;
      await hot.delete(WORK, sort);
    },
  };
}

/** `rebuild` while one is under way; `rebuilt`: the one that was begun last, which may have been cut off. */
interface RebuildRecord {
  v: 1;
  id: string;
}

export interface RebuildLease {
  /** Says now and then that the rebuild goes on. @throws ATTUNE_SERVICE_REBUILD_LOST where it was silent for too long. */
  keep(): Promise<void>;
  /** Lets workers go on. */
  end(): Promise<void>;
}

async function refuseBesideWorkers(hot: AtomicStore): Promise<void> {
  let workers = 0;
  for await (const _claim of hot.scan(WORK, { prefix: SORT.claim })) workers++;
  if (workers === 0) return;
  throw new AttuneError(
    "ATTUNE_SERVICE_WORKERS",
    `${workers === 1 ? "A process" : `${workers} processes`} folded or erased something within the last minute. Stop all of them (attune worker, attune serve); one that was killed is forgotten a minute later.`,
  );
}

/**
 * Keeps all others from folding and erasing.
 *
 * @throws AttuneError `ATTUNE_SERVICE_REBUILDING` while another one is under way, `ATTUNE_SERVICE_WORKERS` where somebody has worked within
 *   the last minute and not ended.
 */
export async function leaseRebuild({ hot, clock, ids }: Omit<Parts, "visitors">): Promise<RebuildLease> {
  const value: RebuildRecord = { v: 1, id: ids() };
  let at = clock.now();
  const first = await hot.put(WORK, SORT.rebuild, value, { ifVersion: 0, expiresAt: at + LEASE_MS });
  if (!first.written)
    throw new AttuneError(
      "ATTUNE_SERVICE_REBUILDING",
      "Another rebuild is under way, or was cut off within the last two minutes; try again after that.",
    );
  let { version } = first;
  const end = async (): Promise<void> => {
    const held = await hot.get<RebuildRecord>(WORK, SORT.rebuild);
    if (held?.value.id === value.id) await hot.delete(WORK, SORT.rebuild);
  };
  try {
    await refuseBesideWorkers(hot);
    await hot.put(WORK, SORT.rebuilt, value);
  } catch (error) {
    // Nobody is to wait for a rebuild that does not begin.
    await end().catch(() => undefined);
    throw error;
  }
  return {
    async keep() {
      const now = clock.now();
      if (Math.abs(now - at) < RENEW_MS) return;
      const renewed = await hot.put(WORK, SORT.rebuild, value, {
        ifVersion: version,
        expiresAt: now + LEASE_MS,
      });
      if (!renewed.written)
        throw new AttuneError(
          "ATTUNE_SERVICE_REBUILD_LOST",
          "The rebuild was silent for so long that others may have gone on. Stop them and begin it again.",
        );
      ({ version } = renewed);
      at = now;
    },
    end,
  };
}
