import type { ServiceContext } from "./context.js";
import { COUNTER, REVENUE_UNIT } from "./contributions.js";
import { COUNTER_SHARDS, counterShard, SESSION_SHARDS, sessionShard, SORT } from "./partitions.js";
import type { SessionCount } from "./sessions.js";
import type { SiteSummary } from "./types.js";

async function counters({ hot }: ServiceContext, site: string): Promise<Map<string, number>> {
  const totals = new Map<string, number>();
  for (let shard = 0; shard < COUNTER_SHARDS; shard++) {
    for await (const { sort, value } of hot.scan<number>(counterShard(site, shard), { prefix: SORT.count })) {
      const name = sort.slice(SORT.count.length);
      // The record without a name guards the shard.
      if (name !== "") totals.set(name, (totals.get(name) ?? 0) + value);
    }
  }
  return totals;
}

async function sessions({ hot }: ServiceContext, site: string): Promise<SessionCount> {
  const keys = Array.from({ length: SESSION_SHARDS }, (_, shard) => ({
    partition: sessionShard(site, shard),
    sort: SORT.count,
  }));
  const counts = await hot.getMany<SessionCount>(keys);
  const sum = (of: keyof SessionCount): number =>
    counts.reduce((total, count) => total + (count?.value[of] ?? 0), 0);
  return { sessions: sum("sessions"), converted: sum("converted") };
}

const unescaped = (part: string): string => part.replace(/~1/g, "/").replace(/~0/g, "~");

/** Adds up the shards: exact for all that is folded, since every effect is counted once. */
export async function summarise(context: ServiceContext, site: string): Promise<SiteSummary> {
  const [totals, given] = await Promise.all([counters(context, site), sessions(context, site)]);
  const total = (name: string): number => totals.get(name) ?? 0;
  // Maps, since names come from outside: `__proto__` is a name like any other.
  const byName = new Map<string, number>();
  const segments = new Map<string, number>();
  const experiments = new Map<string, Map<string, { exposures: number; conversions: number }>>();
  for (const [name, value] of totals) {
    if (name.startsWith(COUNTER.event)) byName.set(name.slice(COUNTER.event.length), value);
    else if (name.startsWith(COUNTER.segment)) segments.set(name.slice(COUNTER.segment.length), value);
    const [kind, experiment = "", variant = ""] = name.split("/").map(unescaped);
    if (kind !== COUNTER.exposed && kind !== COUNTER.converted) continue;
    const arms = experiments.get(experiment) ?? new Map<string, { exposures: number; conversions: number }>();
    const arm = arms.get(variant) ?? { exposures: 0, conversions: 0 };
    arm[kind === COUNTER.exposed ? "exposures" : "conversions"] = value;
    experiments.set(experiment, arms.set(variant, arm));
  }
  return {
    events: [...byName.values()].reduce((sum, count) => sum + count, 0),
    sessions: { given: given.sessions, derived: total(COUNTER.derived) },
    visitors: total(COUNTER.visitors),
    conversions: {
      sessions: given.converted + total(COUNTER.derivedConverted),
      orders: total(COUNTER.orders),
      revenue: total(COUNTER.revenue) / REVENUE_UNIT,
    },
    byName: Object.fromEntries(byName),
    segments: Object.fromEntries(segments),
    experiments: Object.fromEntries(
      Array.from(experiments, ([name, arms]) => [name, Object.fromEntries(arms)]),
    ),
    conflicts: total(COUNTER.conflicts),
  };
}
