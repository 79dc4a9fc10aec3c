import { pointer, unescaped } from "../../kernel/result.js";
import type { ServiceContext } from "../context.js";
import type { SessionCount } from "../effects/sessions.js";
import { COUNTER } from "../fold/contributions.js";
import { counterShard, SESSION_SHARDS, SORT, sessionShard } from "../layout/partitions.js";
import type { ArmCounts, SiteSummary } from "../types.js";
import { boundSummary, largestArms } from "./bound-summary.js";
import { counterTotals, SHARDS } from "./counter-totals.js";
import { REVENUE_UNIT } from "./figures.js";
import { toldSizes } from "./segment-floor.js";

/** Event names, segments and experiments told one by one, unless said otherwise. */
const MAX_NAMES = 200;

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

type Arms = Map<string, { exposures: number; conversions: number }>;

/** Maps, since names come from outside: `__proto__` is a name like any other. */
function armsIn(totals: ReadonlyMap<string, number>): Map<string, Arms> {
  const experiments = new Map<string, Arms>();
  for (const [name, value] of totals) {
    const [kind, experiment = "", variant = ""] = name.split("/").map(unescaped);
    if (kind !== COUNTER.exposed && kind !== COUNTER.converted) continue;
    const arms: Arms = experiments.get(experiment) ?? new Map();
    const arm = arms.get(variant) ?? { exposures: 0, conversions: 0 };
    arm[kind === COUNTER.exposed ? "exposures" : "conversions"] = value;
    experiments.set(experiment, arms.set(variant, arm));
  }
  return experiments;
}

/** Adds up the shards: exact for all that is folded, since every effect is counted once. */
export async function summarise(
  context: ServiceContext,
  site: string,
  names: number = MAX_NAMES,
): Promise<SiteSummary> {
  const [totals, given] = await Promise.all([counterTotals(context, site, ""), sessions(context, site)]);
  const total = (name: string): number => totals.get(name) ?? 0;
  const under = (prefix: string): [string, number][] =>
    Array.from(totals).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    );
  const byName = under(COUNTER.event);
  const summary = {
    events: byName.reduce((sum, [, count]) => sum + count, 0),
    sessions: { given: given.sessions, derived: total(COUNTER.derived) },
    visitors: total(COUNTER.visitors),
    conversions: {
      sessions: given.converted + total(COUNTER.derivedConverted),
      orders: total(COUNTER.orders),
      revenue: total(COUNTER.revenue) / REVENUE_UNIT,
    },
    byName: Object.fromEntries(byName),
    segments: toldSizes(Object.fromEntries(under(COUNTER.segment))),
    experiments: Object.fromEntries(
      Array.from(armsIn(totals), ([name, arms]) => [name, Object.fromEntries(arms)]),
    ),
    crossed: Object.fromEntries(
      under(`${COUNTER.crossed}/`).map(([name, count]) => [unescaped(name), count]),
    ),
    conflicts: total(COUNTER.conflicts),
    estimated: total(COUNTER.sampled) > 0,
  };
  return boundSummary(summary, names);
}

/** Reads the counters of this experiment alone. */
export async function experimentCounts(
  context: ServiceContext,
  site: string,
  experiment: string,
): Promise<ArmCounts | null> {
  const found = await Promise.all(
    [COUNTER.exposed, COUNTER.converted].map((kind) =>
      counterTotals(context, site, `${pointer(kind, experiment)}/`),
    ),
  );
  const arms = armsIn(new Map(found.flatMap((totals) => [...totals]))).get(experiment);
  return arms === undefined ? null : largestArms(Object.fromEntries(arms), MAX_NAMES);
}

/** One record of each shard; null where no shard has one. */
async function counter({ hot }: ServiceContext, site: string, name: string): Promise<number | null> {
  const records = await hot.getMany<number>(
    SHARDS.map((shard) => ({ partition: counterShard(site, shard), sort: SORT.count + name })),
  );
  const values = records.flatMap((record) => record?.value ?? []);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}

export const segmentSize = (context: ServiceContext, site: string, segment: string): Promise<number | null> =>
  counter(context, site, COUNTER.segment + segment);

/** Visitors who saw more than one variant of the experiment. */
export const crossedCount = async (
  context: ServiceContext,
  site: string,
  experiment: string,
): Promise<number> => (await counter(context, site, pointer(COUNTER.crossed, experiment))) ?? 0;
