import { resolvePolicy } from "../../consent/index.js";
import { type ConsentPolicy, PURPOSES, type ResolvedConsentPolicy } from "../../consent/types.js";
import type { StoreRecord } from "../../ports/store.js";
import type { AuditEntry } from "../../privacy/index.js";
import { NOTHING, plus } from "../erase/erase-records.js";
import type { ServiceContext } from "../context.js";
import { storedGrants } from "../door/narrow.js";
import { summarise } from "../figures/summary.js";
import { SORT, visitorPartition } from "../layout/partitions.js";
import type { ConsentEntry, Tally } from "../layout/records.js";
import { listLetters } from "../letters/replay-letters.js";
import type { DecisionCounts, PrivacyReport } from "../results.js";

/** Read together. */
const CHUNK = 200;
const MAX_LETTERS = 1000;

export interface ReportQuery {
  site: string;
  /** Epoch ms; what was done at `from ≤ at < to`. */
  from: number;
  to: number;
  /** Decisions of so many visitors at most are counted one by one. */
  visitors: number;
}

/**
 * What a privacy officer answers for, as of now: figures that are counted from what is stored, or null with the reason in `notes`. Names nobody.
 * Reads the audit log, the counters, and the decisions of `visitors` visitors at most.
 */
export async function privacyReport(
  context: ServiceContext,
  { policy }: { policy: ConsentPolicy | null },
  query: ReportQuery,
): Promise<PrivacyReport> {
  const { site, from, to } = query;
  const { retentionMs, clock, subjectKeys, fields } = context;
  const { visitors, events, sessions, estimated } = await summarise(context, site, 1);
  const decisions = await countDecisions(context, policy, query);
  const letters = await listLetters(context, site, { after: null, limit: MAX_LETTERS });
  const notes: Record<string, string> = {};
  if (policy === null)
    notes["consent.policy"] = "The service was given no policy: nothing is covered before somebody decides.";
  if (decisions === null)
    notes["consent.decisions"] =
      `More than ${query.visitors} visitors are kept; ask with a higher \`visitors\` to have their decisions counted.`;
  if (estimated) notes["held.events"] = "An estimate: under load some events stand for others.";
  if (letters.length === MAX_LETTERS) notes["held.deadLetters"] = `There are more than ${MAX_LETTERS}.`;
  return {
    site,
    generatedAt: new Date(clock.now()).toISOString(),
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    consent: { policy: policy && stated(resolvePolicy(policy)), decisions },
    held: {
      visitors,
      events,
      sessions: sessions.given + sessions.derived,
      deadLetters: letters.length === MAX_LETTERS ? null : letters.length,
      retentionMs,
    },
    protection: { logSealed: subjectKeys !== null, sensitiveFieldsSealed: fields !== null },
    done: await countDone(context, query),
    auditLog: await context.audit.verify(site, []),
    notes,
  };
}

const stated = ({
  version,
  mode,
  regions,
  purposes,
  gpcDenies,
  expiresAfterMs,
}: ResolvedConsentPolicy): NonNullable<PrivacyReport["consent"]["policy"]> => ({
  version,
  mode,
  regions,
  purposes,
  gpcDenies,
  expiresAfterMs,
});

/** The partitions of a site's visitors; null where there are more than `most`. */
async function visitorPartitions(
  { hot }: ServiceContext,
  site: string,
  most: number,
): Promise<string[] | null> {
  const found: string[] = [];
  for await (const partition of hot.partitions(visitorPartition(site, ""))) {
    if (found.length === most) return null;
    found.push(partition);
  }
  return found;
}

/** What visitors have decided, as it stands, and what of it holds now. */
async function countDecisions(
  context: ServiceContext,
  policy: ConsentPolicy | null,
  { site, visitors }: ReportQuery,
): Promise<DecisionCounts | null> {
  const { hot, clock } = context;
  const partitions = await visitorPartitions(context, site, visitors);
  if (partitions === null) return null;
  const optional = PURPOSES.filter((purpose) => purpose !== "necessary");
  const granted = Object.fromEntries(optional.map((purpose) => [purpose, 0]));
  const bySource = new Map<string, number>();
  let decided = 0;
  let lapsed = 0;
  const count = ({ value: { current } }: StoreRecord<ConsentEntry>): void => {
    decided++;
    bySource.set(current.source, (bySource.get(current.source) ?? 0) + 1);
    const now = storedGrants(policy, current, { now: clock.now() });
    for (const purpose of optional) if (now[purpose]) granted[purpose] = (granted[purpose] ?? 0) + 1;
    if (optional.some((purpose) => current.grants[purpose] && !now[purpose])) lapsed++;
  };
  for (let i = 0; i < partitions.length; i += CHUNK) {
    const keys = partitions.slice(i, i + CHUNK).map((partition) => ({ partition, sort: SORT.consent }));
    for (const record of await hot.getMany<ConsentEntry>(keys)) if (record !== null) count(record);
  }
  return { decided, granted, lapsed, bySource: Object.fromEntries(bySource) };
}

/** By what the audit log says of the time asked for. O(entries). */
async function countDone(
  context: ServiceContext,
  { site, from, to }: ReportQuery,
): Promise<PrivacyReport["done"]> {
  const byType = new Map<string, number>();
  let erasedByVisitors = 0;
  let erased: Tally = NOTHING;
  const count = ({ type, actor, detail }: AuditEntry): void => {
    byType.set(type, (byType.get(type) ?? 0) + 1);
    if (type !== "erasure") return;
    if (actor === "visitor") erasedByVisitors++;
    erased = plus(erased, { ...NOTHING, ...(detail.removed as Partial<Tally> | undefined) });
  };
  for (let after = 0; ; ) {
    const entries = await context.audit.list(site, after, CHUNK);
    for (const entry of entries) if (entry.at >= from && entry.at < to) count(entry);
    const last = entries[entries.length - 1];
    if (last === undefined || entries.length < CHUNK) break;
    after = last.seq;
  }
  const { events, sessions, profiles } = erased;
  const of = (type: string): number => byType.get(type) ?? 0;
  return {
    erasures: of("erasure"),
    erasuresByVisitors: erasedByVisitors,
    erased: { events, sessions, profiles },
    exports: of("export"),
    sensitiveReads: of("sensitive-read"),
    keysRevoked: of("key-revoked"),
  };
}
