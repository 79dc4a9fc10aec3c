import type { StoreOp, StoreRecord } from "../../ports/store.js";
import type { ServiceContext } from "../context.js";
import { type DueNote, dueHour, dueOps, dueSort, hourEnd, noteDue } from "../effects/standings.js";
import { COUNTER } from "../fold/contributions.js";
import { countedUntil } from "../layout/kept-until.js";
import { SORT, UPKEEP, visitorPartition } from "../layout/partitions.js";
import type { AppliedRecord, CounterGuard } from "../layout/records.js";
import { untilWritten } from "../tools/retry.js";

/** Visitors that are looked at together. */
const CHUNK = 200;

/** Visitors of one counter shard whose state was to have its end in this hour. */
interface Due extends DueNote {
  site: string;
  visitors: readonly string[];
}

/** What is to be written of these visitors. `later`: when the states of those have their end who are there still, in hours. */
function leaving(
  { hour, visitors }: Due,
  records: readonly (StoreRecord<AppliedRecord> | null)[],
  ends: readonly (number | null)[],
): { ops: StoreOp[]; sums: Map<string, number>; later: number[] } {
  const sums = new Map<string, number>();
  const ops: StoreOp[] = [];
  const later: number[] = [];
  for (const [i, visitor] of visitors.entries()) {
    const record = records[i] ?? null;
    // Counted anew meanwhile, or erased: another hour holds, or none.
    if (record?.value.due !== hour) {
      ops.push({ op: "delete", sort: dueSort(hour, visitor) });
      continue;
    }
    const end = ends[i] ?? null;
    const next = end === null ? undefined : dueHour(end);
    // Who is there until later in this hour is looked at again by a later sweep.
    if (next === hour) continue;
    ops.push(...dueOps(visitor, [hour, next]));
    const put = { op: "put" as const, sort: SORT.applied + visitor, ifVersion: record.version };
    if (next === undefined) {
      const { segments = [], due: _due, ...rest } = record.value;
      for (const name of segments.map((segment) => COUNTER.segment + segment))
        sums.set(name, (sums.get(name) ?? 0) - 1);
      ops.push({ ...put, value: rest, expiresAt: countedUntil(hourEnd(hour)) });
    } else {
      later.push(next);
      ops.push({ ...put, value: { ...record.value, due: next } });
    }
  }
  return { ops, sums, later };
}

/** Takes these visitors out of the segments that they are counted in, each once, and puts off whoever is there still. */
async function leave(context: ServiceContext, due: Due): Promise<void> {
  const { hot, random } = context;
  const { site, partition, visitors } = due;
  const attempt = async (): Promise<true | null> => {
    const sorts = [SORT.count, ...visitors.map((visitor) => SORT.applied + visitor)];
    const [guard, ...records] = await hot.getMany<never>(sorts.map((sort) => ({ partition, sort })));
    // After that: whoever comes back from here on is counted after this commit, or makes it fail.
    const states = await hot.getMany(
      visitors.map((visitor) => ({ partition: visitorPartition(site, visitor), sort: SORT.state })),
    );
    const ends = states.map((state) => state && (state.expiresAt ?? Number.MAX_SAFE_INTEGER));
    const { ops, sums, later } = leaving(due, records, ends);
    if (ops.length === 0) return true;
    await noteDue(context, partition, later);
    const names = [...sums.keys()];
    const counters = await hot.getMany<number>(names.map((name) => ({ partition, sort: SORT.count + name })));
    for (const [i, name] of names.entries()) {
      const value = (counters[i]?.value ?? 0) + (sums.get(name) as number);
      const sort = SORT.count + name;
      ops.push(value === 0 ? { op: "delete", sort } : { op: "put", sort, value });
    }
    // As in every commit of the shard: of two that are under way the second one fails.
    const same: CounterGuard = guard?.value ?? { v: 1, names: [] };
    ops.push({ op: "put", sort: SORT.count, value: same, ifVersion: guard?.version ?? 0 });
    return (await hot.commit(partition, ops)).status === "committed" ? true : null;
  };
  await context.queue(partition, () => untilWritten(attempt, random));
}

/** All visitors of a shard who are due in this hour. */
async function leaveShard(context: ServiceContext, note: DueNote): Promise<void> {
  const { hot, claim, log } = context;
  const [site = ""] = note.partition.split("/");
  const prefix = dueSort(note.hour, "");
  for (let from = prefix; ; ) {
    if (log !== null) await claim.hold();
    const visitors: string[] = [];
    for await (const { sort } of hot.scan(note.partition, { prefix, from, limit: CHUNK }))
      visitors.push(sort.slice(prefix.length));
    const last = visitors.at(-1);
    if (last === undefined) return;
    await leave(context, { ...note, site, visitors });
    from = `${prefix}${last}\u0000`;
  }
}

/**
 * Takes visitors whose state had its end by retention out of the segments that they are counted in, each once, whoever sweeps beside. Reads those alone whose time it is. Not beside a rebuild, which
 * counts everything anew.
 *
 * @throws AttuneError `ATTUNE_SERVICE_REBUILDING` while everything is made anew.
 */
export async function leaveSegments(context: ServiceContext): Promise<void> {
  const { hot, clock } = context;
  const now = dueHour(clock.now());
  for await (const { sort, value } of hot.scan<DueNote>(UPKEEP, { prefix: SORT.due })) {
    if (value.hour > now) break;
    await leaveShard(context, value);
    // An hour longer than it lasts: what is counted late notes its hour just before.
    if (value.hour + 1 < now) await hot.delete(UPKEEP, sort);
  }
}
