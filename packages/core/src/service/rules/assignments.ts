import type { ConsentPolicy } from "../../consent/types.js";
import type { Ruleset, SlotDefinition } from "../../decisions/types.js";
import { assignmentsOf, mergeAssignments } from "../../state/index.js";
import type { Assignments, KeptAssignment } from "../../state/types.js";
import type { KnownVisitor } from "../cache/known-visitor.js";
import type { ServiceContext } from "../context.js";
import { type ConsentPlace, storedGrants } from "../door/narrow.js";
import { SORT, userPartition, visitorPartition } from "../layout/partitions.js";

/** Devices of one person that are read for a decision; more are left out. */
const MAX_DEVICES = 32;
const NONE: readonly KeptAssignment[] = [];

const isSticky = ({ policy }: Pick<SlotDefinition, "policy">): boolean =>
  policy.type === "rules"
    ? policy.rules.some((rule) => rule.policy?.sticky !== undefined)
    : policy.type !== "recommended" && policy.sticky !== undefined;

/** Whether any slot goes by what visitors were shown before: where none does, it need not be looked up. */
export const hasSticky = ({ slots }: Ruleset): boolean => Object.values(slots).some(isSticky);

/** Of a visitor that is nobody's any more nothing is kept. */
const keptOf = ({ record, tombstone }: KnownVisitor): readonly KeptAssignment[] =>
  tombstone === null ? (record?.state.learned.assignments ?? NONE) : NONE;

/** The other visitors that turned out to be the same users as this one. */
async function devicesOf({ hot }: ServiceContext, site: string, visitor: string): Promise<string[]> {
  const found = new Set<string>();
  for await (const { sort: link } of hot.scan(visitorPartition(site, visitor), { prefix: SORT.user })) {
    const user = userPartition(site, link.slice(SORT.user.length));
    for await (const { sort } of hot.scan(user, { prefix: SORT.visitor })) {
      const other = sort.slice(SORT.visitor.length);
      if (other !== visitor) found.add(other);
      if (found.size >= MAX_DEVICES) return [...found];
    }
  }
  return [...found];
}

/**
 * What a visitor was shown of sticky experiments: on this device, and on the others that are known to be the same person's, as far as what was
 * decided on each of them still allows personalization. For who never logged in nothing is read; for who did, each user's
 * links and the devices that are not held in memory.
 */
export async function assignmentsFor(
  context: ServiceContext,
  { site, visitor, known }: { site: string; visitor: string; known: KnownVisitor },
  { policy, place }: { policy: ConsentPolicy | null; place: ConsentPlace },
): Promise<Assignments> {
  const own = keptOf(known);
  if (known.record?.linkedUntil === undefined) return assignmentsOf(own);
  const others = await Promise.all(
    (await devicesOf(context, site, visitor)).map((device) => context.visitors.of(site, device)),
  );
  const allowed = others.filter(
    ({ consent }) => consent === null || storedGrants(policy, consent, place).personalization,
  );
  return assignmentsOf(mergeAssignments([own, ...allowed.map(keptOf)]));
}
