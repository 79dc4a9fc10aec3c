import type { StoreOp } from "../../ports/store.js";
import { segmentChanges } from "../../segments/index.js";
import type { Memberships, SegmentChange } from "../../segments/types.js";
import type { KnownVisitor } from "../cache/known-visitor.js";
import type { VisitorWork } from "../cache/visitor-cache.js";
import { consentOperations } from "../consent/inherit-consent.js";
import type { ServiceContext } from "../context.js";
import { eventKeptUntil, linkedUntil } from "../layout/kept-until.js";
import { SORT, visitorPartition } from "../layout/partitions.js";
import type { EventRecord, PendingEffects } from "../layout/records.js";
import type { SiteRules } from "../rules/site-rules.js";
import { untilWritten } from "../tools/retry.js";
import type { EventOutcome } from "../types.js";
import type { VisitorPlan } from "./fold-visitor.js";
import { planVisitor } from "./plan-visitor.js";
import { type ReadVisitor, readVisitor, type VisitorEntries } from "./read-visitor.js";

export interface VisitorCommit {
  site: string;
  visitor: string;
  outcomes: readonly EventOutcome[];
  /** Those that were folded by this commit. */
  events: readonly EventRecord[];
  segments: Memberships;
  changes: readonly SegmentChange[];
  /** What is still to be done in other partitions, oldest first. */
  pending: readonly PendingEffects[];
  /** Whether the visitor's decision is narrower now, by a user's. */
  narrowed: boolean;
  /** What the state has come to by it; null where it stayed. */
  version: number | null;
}

function operations(
  context: ServiceContext,
  plan: VisitorPlan,
  { version, consentVersion, storedTraits, until }: ReadVisitor,
): StoreOp[] {
  const now = context.clock.now();
  const ops: StoreOp[] = [{ op: "check", sort: SORT.tombstone, ifVersion: 0 }];
  // Of the past it is written already that and when it was narrowed.
  if (plan.consent !== null && context.past === undefined)
    ops.push(...consentOperations(context, plan.consent, consentVersion));
  // What was folded goes by the decision that was read.
  else ops.push({ op: "check", sort: SORT.consent, ifVersion: consentVersion });
  if (plan.record === null) return ops;
  ops.push({ op: "put", sort: SORT.state, value: plan.record, ifVersion: version, expiresAt: until });
  for (const record of plan.events) {
    const expiresAt = eventKeptUntil(context, record.event);
    ops.push({ op: "put", sort: SORT.event + record.event.id, value: record, expiresAt });
  }
  for (const [id, hashes] of plan.conflicts) {
    ops.push({ op: "put", sort: SORT.conflict + id, value: { v: 1, hashes }, expiresAt: until });
  }
  for (const user of plan.links) {
    const expiresAt = linkedUntil(until);
    ops.push({ op: "put", sort: SORT.user + user, value: { v: 1, at: now }, expiresAt });
  }
  // Also where they stay as they are: they are kept as long as the state.
  const traits = plan.traits ?? storedTraits;
  if (traits !== null) ops.push({ op: "put", sort: SORT.traits, value: traits, expiresAt: until });
  return ops;
}

/** What is known of the visitor once the plan is written. */
function afterCommit(plan: VisitorPlan, known: ReadVisitor): KnownVisitor {
  const changed = plan.record !== null;
  return {
    tombstone: null,
    consent: plan.consent ?? known.consent,
    consentVersion: known.consentVersion + (plan.consent === null ? 0 : 1),
    record: plan.record ?? known.record,
    version: known.version + (changed ? 1 : 0),
    traits: plan.traits ?? known.storedTraits,
    expiresAt: changed ? known.until : known.expiresAt,
  };
}

/**
 * Folds the entries into the visitor's partition in one atomic commit, each event once whatever is repeated. What must
 * happen elsewhere is written down in that same commit and handed back.
 */
export async function commitVisitor(
  context: ServiceContext,
  work: VisitorEntries,
  rules: SiteRules,
): Promise<VisitorCommit> {
  const { site, visitor, entries } = work;
  const partition = visitorPartition(site, visitor);
  const attempt = async (at: VisitorWork, held: KnownVisitor | null): Promise<VisitorCommit | null> => {
    const known = await readVisitor(context, work, held);
    const segments = known.record?.segments ?? {};
    const done = { site, visitor, events: [], changes: [], segments, narrowed: false, version: null };
    if (known.tombstone !== null) {
      return { ...done, outcomes: entries.map(() => "erased"), pending: known.tombstone.pending ?? [] };
    }
    const plan = await planVisitor(context, rules, [work, known]);
    const { record, outcomes, events } = plan;
    const narrowed = plan.consent !== null;
    if (record !== null || narrowed) {
      const { status } = await context.hot.commit(partition, operations(context, plan, known));
      if (status !== "committed") {
        at.doubt();
        return null;
      }
      const now = afterCommit(plan, known);
      at.remember(now);
      const last = events[events.length - 1]?.event;
      if (last !== undefined) context.assessments.note(now, rules, last.consent.purposes);
    }
    if (record === null) {
      // Only a commit tells whether what was held still held.
      if (held !== null && !narrowed && outcomes.includes("withheld")) return attempt(at, null);

      const pending = known.record?.pending.filter(({ seq }) => seq > known.applied) ?? [];
      return { ...done, outcomes, pending, narrowed };
    }
    const { pending } = record;
    const changes = segmentChanges(segments, record.segments, record.state.lastSeenAt);
    const version = known.version + 1;
    return {
      site,
      visitor,
      outcomes,
      events,
      segments: record.segments,
      changes,
      pending,
      narrowed,
      version,
    };
  };
  return context.queue(partition, () =>
    context.visitors.during(site, visitor, (at) =>
      untilWritten(() => attempt(at, at.held()), context.random),
    ),
  );
}
