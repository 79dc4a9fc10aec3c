import { withoutSealed } from "../../events/sealed.js";
import type { Event } from "../../events/types.js";
import type { ServiceContext } from "../context.js";
import { applyEffects } from "../effects/outbox.js";
import { eraseVisitor, type Target } from "../erase/erase-visitor.js";
import { visitorPartition } from "../layout/partitions.js";
import { removeLettersOf } from "../letters/letters.js";
import { publish } from "../live/frames.js";
import { notify } from "../live/notices.js";
import type { Rulesets } from "../rules/ruleset.js";
import { groupBy } from "../tools/group-by.js";
import { mapBounded } from "../tools/queue.js";
import type { EventOutcome, ServiceFrame } from "../types.js";
import { bodyHash } from "./body-hash.js";
import { commitVisitor, type VisitorCommit } from "./commit-visitor.js";

export interface FoldParts {
  rulesets: Pick<Rulesets, "of">;
}

/** Visitors folded side by side. */
const WIDTH = 64;

const partitionOf = (event: Event): string => visitorPartition(event.site, event.visitorId);

function frames(commit: VisitorCommit): ServiceFrame[] {
  const { site, visitor, segments, events } = commit;
  const changes = commit.changes.map(({ segment, change }) => ({ segment, change }));
  const made: ServiceFrame[] = events.map(({ event }) => ({
    type: "event",
    site,
    event: withoutSealed(event),
  }));
  for (const { event } of events) {
    const { experiment, slot, variant } = event.properties;
    if (event.name !== "Variant Exposed" || typeof experiment !== "string") continue;
    made.push({ type: "exposure", site, experiment, slot: String(slot), variant: String(variant) });
  }
  if (changes.length > 0) made.push({ type: "visitor", site, visitor, segments, changes });
  return made;
}

/** Tells the others how far the visitors have come, in one notice per site. */
async function tellVersions(context: ServiceContext, commits: readonly VisitorCommit[]): Promise<void> {
  if (context.channel === null) return;
  for (const [site, group] of groupBy(commits, (commit) => commit.site)) {
    const versions = group.flatMap(({ visitor, version }) =>
      version === null ? [] : [[visitor, version] as const],
    );
    if (versions.length > 0) await notify(context, { about: "folded", site, versions });
  }
}

/**
 * Does what the commits have left to do elsewhere. What was in flight when its visitor, or the user it names, was erased must leave no trace
 * either. Gives the partitions of the erased.
 */
async function applyOrErase(
  context: ServiceContext,
  commits: readonly VisitorCommit[],
): Promise<ReadonlySet<string>> {
  const erased: { site: string; visitor: string }[] = [];
  const erase = async (target: Target): Promise<void> => {
    erased.push(target);
    await eraseVisitor(context, target);
  };
  await applyEffects(context, commits, erase);
  for (const { site, visitor, outcomes } of commits)
    if (outcomes.includes("erased")) await erase({ site, visitor, user: null });
  // A rebuild makes no letters, and would look through all of them for each batch.
  if (context.past === undefined) await removeLettersOf(context, erased);
  return new Set(erased.map(({ site, visitor }) => visitorPartition(site, visitor)));
}

/** Whether nothing that is left to do can erase the visitor: neither was it erased, nor does it name a user that may have been. */
const stays = ({ outcomes, pending }: VisitorCommit): boolean =>
  !outcomes.includes("erased") && pending.every(({ links }) => links.length === 0);

/** Publishes the live frames of what was committed. */
async function tell(context: ServiceContext, commits: readonly VisitorCommit[]): Promise<void> {
  if (context.channel === null) return;
  for (const [site, group] of groupBy(commits, (commit) => commit.site))
    await publish(context, site, group.flatMap(frames));
}

/**
 * Folds a batch: each visitor's entries in their order, visitors side by side; then the live frames, and what crosses partitions. Frames of
 * visitors whom that may erase come after it, all others before: what is shown need not wait until it is counted. Gives the
 * outcomes in the order of the events. Rejects if any part failed; calling it again with the same batch then completes it, and nothing takes
 * effect twice. What was committed before it failed may have had its live frames or not: whoever calls it again has to tell of a gap.
 */
export async function foldBatch(
  context: ServiceContext,
  { rulesets }: FoldParts,
  batch: readonly Event[],
): Promise<EventOutcome[]> {
  const at = (index: number): Event => batch[index] as Event;
  const groups = [...groupBy([...batch.keys()], (index) => partitionOf(at(index)))];
  const commits = await mapBounded(groups, WIDTH, async ([, group]) => {
    const { site, visitorId: visitor } = at(group[0] as number);
    const entries = group.map((index) => ({ event: at(index), hash: bodyHash(at(index)) }));
    return commitVisitor(context, { site, visitor, entries }, await rulesets.of(site));
  });
  for (const { site, visitor, narrowed } of commits) {
    if (!narrowed) continue;
    context.visitors.forget(site, visitor);
    await notify(context, { about: "standing", site, visitor });
  }
  await tellVersions(context, commits);
  await tell(context, commits.filter(stays));
  const erased = await applyOrErase(context, commits);
  const outcomes = new Array<EventOutcome>(batch.length);
  const late: VisitorCommit[] = [];
  groups.forEach(([partition, group], i) => {
    const commit = commits[i] as VisitorCommit;
    const isErased = erased.has(partition);
    if (!isErased && !stays(commit)) late.push(commit);
    group.forEach((index, k) => {
      outcomes[index] = isErased ? "erased" : (commit.outcomes[k] as EventOutcome);
    });
  });
  await tell(context, late);
  return outcomes;
}
