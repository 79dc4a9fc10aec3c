import type { Purpose } from "../../consent/types.js";
import { AttuneError } from "../../kernel/errors.js";
import type { StoreOp } from "../../ports/store.js";
import { segmentChanges } from "../../segments/index.js";
import type { Memberships, SegmentChange } from "../../segments/types.js";
import { type KnownVisitor, readKnown } from "../cache/known-visitor.js";
import type { VisitorWork } from "../cache/visitor-cache.js";
import type { ServiceContext } from "../context.js";
import { applyEffects } from "../effects/outbox.js";
import { segmentsIn } from "../effects/standings.js";
import { eraseVisitor } from "../erase/erase-visitor.js";
import { minuteAt } from "../figures/rollups.js";
import { contributions } from "../fold/contributions.js";
import type { DecisionAt, Pass } from "../fold/fold-visitor.js";
import { standingPurposes } from "../fold/standing-purposes.js";
import { counterPartitionOf, SORT, visitorPartition } from "../layout/partitions.js";
import type {
  AppliedRecord,
  EventRecord,
  PendingEffects,
  VisitorEffects,
  VisitorRecord,
} from "../layout/records.js";
import { publish } from "../live/frames.js";
import { notify } from "../live/notices.js";
import type { SiteRules } from "../rules/site-rules.js";
import { mapBounded } from "../tools/queue.js";
import { untilWritten } from "../tools/retry.js";

/** Visitors that are written side by side: few, since others fold meanwhile. */
const WIDTH = 16;

/** One visitor whose memberships have changed. */
interface Moved extends VisitorEffects {
  record: VisitorRecord;
  changes: readonly SegmentChange[];
  version: number;
}

/** Of a record that does not say it, its latest event does. */
async function purposesOf({ hot }: ServiceContext, partition: string): Promise<readonly Purpose[]> {
  let last: EventRecord["event"] | null = null;
  for await (const { value } of hot.scan<EventRecord>(partition, { prefix: SORT.event }))
    if (last === null || (value.event.receivedAt ?? 0) >= (last.receivedAt ?? 0)) last = value.event;
  return last?.consent.purposes ?? [];
}

/** Null where a stored state cannot be read: one visitor's must not hold up all others. */
async function evaluated(
  { report }: ServiceContext,
  evaluate: () => Promise<Memberships>,
): Promise<Memberships | null> {
  try {
    return await evaluate();
  } catch (cause) {
    report(
      new AttuneError(
        "ATTUNE_SEGMENT_VISITOR",
        "The segments of a stored visitor could not be found: the record is damaged, and was left as it is. A rebuild makes it anew (attune worker --rebuild).",
        { cause },
      ),
    );
    return null;
  }
}

/** Decisions of a visitor's partition as they were. */
export type DecisionsOf = (partition: string) => Promise<DecisionAt>;

/** What memberships are found by. */
interface Finding {
  rulesOf: () => Promise<SiteRules>;
  decisionsOf?: DecisionsOf | undefined;
}

/**
 * How often memberships are to be found, and under which decision each time. Live that is once, by the rules and the decision of now. Where everything is made anew it is each time that workers did so
 * after the visitor's last event: by the decision that stood then, so that neither a grant nor a refusal of later reaches back.
 */
async function passesFor(
  [partition, rules]: readonly [string, SiteRules],
  { record: { assessed }, consent }: Pick<KnownVisitor, "consent"> & { record: VisitorRecord },
  decisionsOf: DecisionsOf | undefined,
): Promise<(Pick<Pass, "evaluate"> & { consent: KnownVisitor["consent"] })[]> {
  if (decisionsOf === undefined || assessed === undefined || rules.since === undefined)
    return [{ evaluate: rules.evaluate, consent }];
  const decisionAt = await decisionsOf(partition);
  return rules.since(assessed.rules).map(({ at, evaluate }) => ({ evaluate, consent: decisionAt(at) }));
}

/** The record with the memberships of now, and what has to be counted for it; null where they are what they were. */
async function reassessed(
  context: ServiceContext,
  [site, visitor, rules]: readonly [string, string, SiteRules],
  known: KnownVisitor & { record: VisitorRecord; decisionsOf: DecisionsOf | undefined },
): Promise<VisitorRecord | null> {
  const { scoring, hot, clock, rollups } = context;
  const { record, traits, consent, expiresAt } = known;
  const partition = visitorPartition(site, visitor);
  const { state, segments: previous, modelKey: key = null } = record;
  const covered = record.assessed?.purposes ?? (await purposesOf(context, partition));
  const purposes = standingPurposes(covered, consent);
  const { models } = rules;
  const counting = contributions(record);
  const minute = rollups === null ? null : minuteAt(clock.now());
  const segments = await evaluated(context, async () => {
    const visitors = [{ state, key, purposes }];
    const [scores] = models === null || scoring === null ? [] : await scoring.fold(site, models, visitors);
    let found = previous;
    for (const pass of await passesFor([partition, rules], known, known.decisionsOf)) {
      const under = standingPurposes(covered, pass.consent);
      // What models of before said nobody knows.
      const said = pass.evaluate === rules.evaluate ? scores : undefined;
      found = pass.evaluate({
        ...{ state, previous: found, traits: traits ?? {}, purposes: under },
        scores: said,
      });
      if (under.includes("analytics")) counting.stand(found, minute);
    }
    return found;
  });
  if (segments === null || segments === previous) return null;
  const { delta, minutes, sessions: _none, ...counted } = counting.result();
  const applied = await hot.get<AppliedRecord>(counterPartitionOf(site, visitor), SORT.applied + visitor);
  const done = Math.max(0, applied?.value.seq ?? 0);
  const seq = Math.max(record.seq, done) + 1;
  const effects: PendingEffects = {
    ...{ seq, counts: delta, stands: segmentsIn(counted.counts), sessions: [], links: [], until: expiresAt },
    ...(Object.keys(minutes).length > 0 && { minutes }),
  };
  const open = record.pending.filter((one) => one.seq > done);
  // It names the rules of the last event, whatever was found since.
  const assessed = record.assessed ?? { rules: rules.version, purposes: covered };
  return { ...record, ...counted, segments, assessed, seq, pending: [...open, effects] };
}

/** Finds one visitor's memberships anew; in one atomic commit, on the state that was read. */
async function segmentVisitor(
  context: ServiceContext,
  [site, visitor]: readonly [string, string],
  { rulesOf, decisionsOf }: Finding,
): Promise<Moved | null> {
  const partition = visitorPartition(site, visitor);
  const attempt = async (at: VisitorWork): Promise<{ moved: Moved | null } | null> => {
    const [known] = await readKnown(context.hot, site, [visitor]);
    // Those of before may have been overtaken, and would bring back what was left.
    const rules = await rulesOf();
    if (known === undefined || known.record === null || known.tombstone !== null) return { moved: null };
    const before = known.record;
    const record = await reassessed(context, [site, visitor, rules], {
      ...{ ...known, record: before, decisionsOf },
    });
    if (record === null) return { moved: null };
    const ops: StoreOp[] = [
      { op: "check", sort: SORT.tombstone, ifVersion: 0 },
      { op: "check", sort: SORT.consent, ifVersion: known.consentVersion },
      { op: "put", sort: SORT.state, value: record, ifVersion: known.version, expiresAt: known.expiresAt },
    ];
    if ((await context.hot.commit(partition, ops)).status !== "committed") {
      at.doubt();
      return null;
    }
    const version = known.version + 1;
    at.remember({ ...known, record, version });
    const changes = segmentChanges(before.segments, record.segments, record.state.lastSeenAt);
    return { moved: { site, visitor, record, changes, pending: record.pending, version } };
  };
  const { moved } = await context.queue(partition, () =>
    context.visitors.during(site, visitor, (at) => untilWritten(() => attempt(at), context.random)),
  );
  return moved;
}

/**
 * Finds the memberships of these visitors anew, by the rules of now. Repeating it changes nothing; what is counted elsewhere is counted once. Events that are folded meanwhile go first or after, as
 * they come.
 *
 * @returns How many have entered or left a segment.
 */
export async function segmentVisitors(
  context: ServiceContext,
  [site, visitors]: readonly [string, readonly string[]],
  finding: Finding,
): Promise<number> {
  const all = await mapBounded(visitors, WIDTH, (visitor) =>
    segmentVisitor(context, [site, visitor], finding),
  );
  const moved = all.filter((one) => one !== null);
  if (moved.length === 0) return 0;
  await notify(context, {
    ...{ about: "folded", site },
    versions: moved.map(({ visitor, version }) => [visitor, version] as const),
  });
  await applyEffects(context, moved, (target) => eraseVisitor(context, target));
  await publish(
    context,
    site,
    moved.map(({ visitor, record: { segments }, changes }) => ({
      ...{ type: "visitor" as const, site, visitor, segments },
      changes: changes.map(({ segment, change }) => ({ segment, change })),
    })),
  );
  return moved.length;
}
