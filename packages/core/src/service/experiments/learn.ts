import type { ServiceContext } from "../context.js";
import { metaPartition, SORT } from "../layout/partitions.js";
import type { Rulesets } from "../rules/ruleset.js";
import { learnContexts } from "./learn-contexts.js";
import { learnShares } from "./learn-shares.js";
import type { LearnedPeriods, LearnWork } from "./learned.js";
import type { Review } from "./types.js";

const HOUR_MS = 3_600_000;

/** When a policy was updated last, and, of a bandit, by what. */
interface StoredLearning extends Partial<LearnedPeriods> {
  v: 1;
  run: number;
  learnedAt: number;
}

/**
 * What a running experiment's policy has learned, published as a new ruleset: a bandit's shares, a contextual policy's beliefs. Null where it is not due, where its slot is decided by something else by now, where its metric is
 * none that is learned from, and where another process has just done it. That contexts are learned from is noted before: it takes long, and nobody else shall do it too. Where it fails or its process ends, the next update
 * does it.
 */
export async function learn(
  context: Pick<ServiceContext, "durable" | "hot" | "clock">,
  rulesets: Pick<Rulesets, "load">,
  work: LearnWork,
): Promise<Review["learned"]> {
  const { durable, clock } = context;
  const { site, ruleset, version } = work;
  const { definition, run } = work.experiment;
  const slot = Object.hasOwn(ruleset.slots, definition.slot) ? ruleset.slots[definition.slot] : undefined;
  const policy = slot?.policy;
  if (slot === undefined || (policy?.type !== "bandit" && policy?.type !== "contextual")) return null;
  if (policy.experiment !== definition.id) return null;
  const [partition, sort] = [metaPartition(site), SORT.learning + definition.id];
  const stored = await durable.get<StoredLearning>(partition, sort);
  const known = stored?.value.run === run ? stored.value : null;
  const at = clock.now();
  const { everyMs = HOUR_MS } = definition.learning ?? {};
  if (known !== null && Math.abs(at - known.learnedAt) < everyMs) return null;
  const shares = policy.type === "bandit" ? learnShares(policy, work, known) : undefined;
  if (shares === null) return null;
  // Whoever notes it first learns and publishes: others find it done. A bandit's shares cost nothing, and what the next update goes on from is noted with them.
  const value: StoredLearning = { v: 1, run, learnedAt: at, ...shares?.kept };
  const noted = await durable.put(partition, sort, value, { ifVersion: stored?.version ?? 0 });
  if (!noted.written) return null;
  const learned = policy.type === "contextual" ? await learnContexts(context, policy, work) : shares;
  if (!learned) return null;
  const { changed, variants } = learned;
  if (!changed) return { changed, variants };
  const slots = { ...ruleset.slots, [definition.slot]: { ...slot, policy: learned.policy } };
  const next = { ...ruleset, revision: ruleset.revision + 1, slots };
  // Where another was published meanwhile, the next update does it.
  const loaded = await rulesets.load(next, { site, over: (present) => present === version });
  return { changed: loaded.ok, variants };
}
