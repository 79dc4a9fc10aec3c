import { AttuneError } from "../../kernel/errors.js";
import type { Log, LogRecord } from "../../ports/log.js";
import type { StoreOp } from "../../ports/store.js";
import { createBoundedCache } from "../cache/bounded-cache.js";
import { createVisitorCache } from "../cache/visitor-cache.js";
import type { ServiceContext } from "../context.js";
import { eraseVisitor } from "../erase/erase-visitor.js";
import { foldRuns } from "../fold/fold-runs.js";
import { SORT } from "../layout/partitions.js";
import type { ConsentLine, LoggedRun, TombstoneRecord } from "../layout/records.js";
import type { SiteRules } from "../rules/site-rules.js";
import { rulesTimeline } from "../rules/stored-ruleset.js";
import { listening } from "../../kernel/listening.js";
import type { RebuildProgress, RebuildResult } from "../types.js";
import { leaseRebuild, type RebuildLease } from "./folding-claim.js";
import type { DecisionsOf } from "./segment-visitors.js";
import { segmentAll, segmentationOf } from "./segmentation.js";

const PAGE = 500;
/** Records removed in one commit. */
const CHUNK = 200;
/** What is not derived from events, by where it stands. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  v: [SORT.consent, SORT.consentHistory, SORT.key, SORT.tombstone],
  u: [SORT.consent, SORT.consentHistory, SORT.tombstone],
  // That these are gone is no effect of their events.
  s: [SORT.gone],
};

const isRoot = (kind: string, sort: string): boolean =>
  (ROOTS[kind] ?? []).some((root) => (root.endsWith("/") ? sort.startsWith(root) : sort === root));

async function clearPartition(
  context: ServiceContext,
  partition: string,
  lease: RebuildLease,
): Promise<void> {
  const { hot } = context;
  const [site = "", kind = "", name = ""] = partition.split("/");
  if (kind === "c") {
    await hot.deletePartition(partition);
    return;
  }
  // An erasure that was cut off is completed first: what it has yet to take away is about to be counted anew.
  if (kind === "v" && (await hot.get<TombstoneRecord>(partition, SORT.tombstone)) !== null) {
    await eraseVisitor(context, { site, visitor: name, user: null });
    return;
  }
  let ops: StoreOp[] = [];
  for await (const { sort } of hot.scan(partition)) {
    if (!isRoot(kind, sort)) ops.push({ op: "delete", sort });
    if (ops.length < CHUNK) continue;
    await lease.keep();
    await hot.commit(partition, ops);
    ops = [];
  }
  if (ops.length > 0) await hot.commit(partition, ops);
}

/** Removes what events have made: states, traits, event records, links, counters, sessions. Keys, decisions and tombstones stay. */
async function clearDerived(
  context: ServiceContext,
  lease: RebuildLease,
  tell: (done: number) => void,
): Promise<number> {
  const { hot } = context;
  let done = 0;
  // Visitors first: an erasure that was cut off still takes its counts away, and must find them.
  for (const pass of [/^[^_/][^/]*\/v\//, /^[^_/][^/]*\/[ucs]\//]) {
    for await (const partition of hot.partitions("")) {
      if (!pass.test(partition)) continue;
      await lease.keep();
      await clearPartition(context, partition, lease);
      tell(++done);
    }
  }
  return done;
}

/** Partitions whose decisions are held at least. */
const DECISIONS = 10_000;

/** Decisions as they were, by partition. What is folded again of a partition mostly comes together, so each is read about once. */
function createDecisions({ hot }: ServiceContext): DecisionsOf {
  const known = createBoundedCache<Promise<readonly ConsentLine[]>>(DECISIONS);
  const read = async (partition: string): Promise<readonly ConsentLine[]> => {
    const found: ConsentLine[] = [];
    for await (const { value } of hot.scan<ConsentLine>(partition, { prefix: SORT.consentHistory }))
      found.push(value);
    return found.sort((a, b) => a.recordedAt - b.recordedAt);
  };
  return async (partition) => {
    const reading = known.get(partition) ?? read(partition);
    known.set(partition, reading);
    const lines = await reading;
    return (at) => lines.filter(({ recordedAt }) => recordedAt <= at).at(-1)?.held ?? null;
  };
}

/** Neighbours that may be folded together: one site, the same rules in force, and no visitor twice, whose decision may differ. */
function batches(records: readonly LogRecord<LoggedRun>[], rulesAt: RulesAt): LogRecord<LoggedRun>[][] {
  const made: LogRecord<LoggedRun>[][] = [];
  let visitors = new Set<string>();
  let of = { site: "", rules: null as SiteRules | null };
  for (const record of records) {
    const { site, visitor } = record.value;
    const rules = rulesAt(site, record.appendedAt);
    if (of.site !== site || of.rules !== rules || visitors.has(visitor)) {
      made.push([]);
      visitors = new Set();
      of = { site, rules };
    }
    visitors.add(visitor);
    made.at(-1)?.push(record);
  }
  return made;
}

type RulesAt = (site: string, time: number) => SiteRules;

/** Rules as they were, by site; each site's are read once. */
function createRules(context: ServiceContext) {
  const known = new Map<string, (at: number) => SiteRules>();
  const at: RulesAt = (site, time) => (known.get(site) as (at: number) => SiteRules)(time);
  return {
    at,
    async load(records: readonly LogRecord<LoggedRun>[]): Promise<void> {
      for (const { site } of records.map(({ value }) => value))
        if (!known.has(site)) known.set(site, await rulesTimeline(context, site));
    },
  };
}

/**
 * Makes everything that events have made anew, from the log: in the order of the log, under the rules and decisions that were in force when
 * each entry was appended. Reaches back as far as the log does. Keys, decisions, tombstones, rulesets and the audit log are no effects of
 * events: they stay, and without them nothing could be rebuilt. Whoever would fold or erase meanwhile is held off; a rebuild that was cut off
 * is begun again.
 *
 * @throws AttuneError `ATTUNE_SERVICE_NO_LOG` for a service without a log, and those of {@link leaseRebuild}.
 */
export async function rebuild(
  context: ServiceContext,
  onProgress: (now: RebuildProgress) => void = () => undefined,
): Promise<RebuildResult> {
  const { log } = context;
  const progress = listening(onProgress, context.report);
  if (log === null)
    throw new AttuneError(
      "ATTUNE_SERVICE_NO_LOG",
      "There is nothing to rebuild from: the service has no log.",
    );
  const lease = await leaseRebuild(context);
  try {
    const partitions = await clearDerived(context, lease, (done) => progress({ phase: "clearing", done }));
    // What this process still holds of them is gone.
    context.visitors.forget("", null);
    const { sites, ...folded } = await foldLog(context, log, lease, (done) =>
      progress({ phase: "folding", done }),
    );
    context.visitors.forget("", null);
    const decisionsOf = createDecisions(context);
    for (const site of sites) {
      // As workers have done by each of the rulesets, where they do.
      if ((await segmentationOf(context, site)) === null) continue;
      const rules = (await rulesTimeline(context, site))(Number.POSITIVE_INFINITY);
      const parts = { rulesets: { of: async () => rules } };
      const onSegmented = (): void => void lease.keep().catch(context.report);
      await segmentAll(context, parts, [
        site,
        { anew: true, claims: false, onProgress: onSegmented, decisionsOf },
      ]);
    }
    // Only now is every minute whole. Where the series is away, the next sweep does it.
    await context.rollups?.replace(() => lease.keep()).catch(context.report);
    return { partitions, ...folded };
  } finally {
    // It ends by itself, and must not stand in place of what has failed before.
    await lease.end().catch(context.report);
  }
}

async function foldLog(
  context: ServiceContext,
  log: Log,
  lease: RebuildLease,
  tell: (done: number) => void,
): Promise<{ entries: number; events: number; sites: ReadonlySet<string> }> {
  const using = { decisionsOf: createDecisions(context), rules: createRules(context) };
  let [entries, events] = [0, 0];
  const sites = new Set<string>();
  for (let shard = 0; shard < log.capabilities.shards; shard++) {
    for (let after = 0; ; ) {
      const page = await log.read<LoggedRun>(shard, after, PAGE);
      const last = page[page.length - 1];
      if (last === undefined) break;
      after = last.position;
      await using.rules.load(page);
      for (const batch of batches(page, using.rules.at)) {
        await lease.keep();
        events += await foldPast(context, using, batch);
        entries += batch.length;
        for (const { value } of batch) sites.add(value.site);
        tell(entries);
      }
    }
  }
  return { entries, events, sites };
}

interface Past {
  decisionsOf: DecisionsOf;
  rules: ReturnType<typeof createRules>;
}

/** Folds entries of different visitors as of the times at which they were appended; how many events took effect. */
async function foldPast(
  context: ServiceContext,
  { decisionsOf, rules }: Past,
  batch: readonly LogRecord<LoggedRun>[],
): Promise<number> {
  const first = batch[0] as LogRecord<LoggedRun>;
  const times = new Map(batch.map(({ value, appendedAt }) => [value.visitor, appendedAt]));
  const timeOf = (visitor: string): number => times.get(visitor) as number;
  const expired = context.clock.now() - context.retentionMs;
  const past: ServiceContext["past"] = {
    consentOf: async (partition, visitor) => (await decisionsOf(partition))(timeOf(visitor)),
    decisionsOf,
    isPastRetention: (visitor) => timeOf(visitor) <= expired,
  };
  const inForce = rules.at(first.value.site, first.appendedAt);
  // No minute is written, and none removed, before it is whole.
  const rollups = context.rollups && { ...context.rollups, touched: () => undefined };
  const visitors = createVisitorCache({ ...context, channel: null }, 0);
  const outcomes = await foldRuns(
    { ...context, channel: null, visitors, rollups, past },
    { rulesets: { of: async () => inForce } },
    batch.map(({ value }) => value),
  );
  return outcomes.flatMap((told) => (told === "erased" ? [] : told)).filter((told) => told === "folded")
    .length;
}
