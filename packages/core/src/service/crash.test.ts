import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../events/types.js";
import { memoryLog, memoryStore } from "../memory/index.js";
import type { Log } from "../ports/log.js";
import type { AtomicStore } from "../ports/store.js";
import { fold, initialState } from "../state/index.js";
import type { VisitorState } from "../state/types.js";
import { bodyHash } from "./body-hash.js";
import { createPersonalizationService } from "./create-service.js";
import type { LoggedEvent } from "./records.js";
import { sample, T0 } from "./service.test.suite.js";
import type { PersonalizationService, SiteSummary } from "./types.js";

/** More of them in the long proof. */
const HISTORIES = Number(
  (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env.ATTUNE_HISTORIES ??
    150,
);

/** Lets a number of writes through, then the process is dead: the write at the edge is lost or done, everything after fails. */
function fuse(writes: number, edge: "before" | "after") {
  let left = writes;
  const dead = new Error("the process is dead");
  return async <T>(write: () => Promise<T>): Promise<T> => {
    left--;
    if (left < 0 || (left === 0 && edge === "before")) throw dead;
    const result = await write();
    if (left === 0) throw dead;
    return result;
  };
}

function dying(hot: AtomicStore, log: Log, burn: ReturnType<typeof fuse>): { hot: AtomicStore; log: Log } {
  return {
    hot: {
      ...hot,
      put: (...args) => burn(() => hot.put(...args)),
      delete: (...args) => burn(() => hot.delete(...args)),
      commit: (...args) => burn(() => hot.commit(...args)),
    },
    log: {
      ...log,
      append: (entries) => burn(() => log.append(entries)),
      // What fails after the handler is the commit of the position: the batch comes again.
      consume: <V>(
        group: string,
        handler: Parameters<typeof log.consume<V>>[1],
        options: Parameters<typeof log.consume<V>>[2],
      ) => log.consume<V>(group, (batch) => burn(() => handler(batch)), options),
    },
  };
}

async function logged(log: Log): Promise<LoggedEvent[]> {
  const shards = await Promise.all(
    Array.from({ length: log.capabilities.shards }, (_, shard) => log.read<LoggedEvent>(shard, 0, 1e6)),
  );
  return shards.flat().map(({ value }) => value);
}

/** What must come of a log, worked out the plain way. */
function model(entries: readonly LoggedEvent[]): {
  states: Map<string, VisitorState>;
  summary: Omit<SiteSummary, "segments" | "experiments" | "other">;
} {
  const first = new Map<string, LoggedEvent>();
  const conflicts = new Set<string>();
  const states = new Map<string, VisitorState>();
  const counted: Event[] = [];
  for (const entry of entries) {
    const { event } = entry;
    const hash = bodyHash(event);
    const key = `${event.visitorId} ${event.id}`;
    const known = first.get(key);
    if (known === undefined) {
      first.set(key, entry);
      states.set(event.visitorId, fold(states.get(event.visitorId) ?? initialState(), event));
      counted.push(event);
    } else if (bodyHash(known.event) !== hash) conflicts.add(`${key} ${hash}`);
  }
  const orders = counted.filter(({ name }) => name === "Order Completed");
  const distinct = (events: readonly Event[], of: (event: Event) => string | null): number =>
    new Set(events.map(of)).size;
  const byName: Record<string, number> = {};
  for (const { name } of counted) byName[name] = (byName[name] ?? 0) + 1;
  return {
    states,
    summary: {
      events: counted.length,
      sessions: { given: distinct(counted, ({ sessionId }) => sessionId), derived: 0 },
      visitors: states.size,
      conversions: {
        sessions: distinct(orders, ({ sessionId }) => sessionId),
        orders: orders.length,
        revenue: orders.length / 10,
      },
      byName,
      conflicts: conflicts.size,
    },
  };
}

const eventOf = ([visitor, session, id, order, body]: readonly number[]): Record<string, unknown> =>
  sample({
    id: `e-${id}`,
    visitorId: `v-${visitor}`,
    sessionId: `s-${session}`,
    occurredAt: T0 + Number(id) * 60_000,
    name: order === 0 ? "Order Completed" : "Page Viewed",
    properties: order === 0 ? { revenue: 0.1, body: Number(body) } : { body: Number(body) },
  });

const batches = fc.array(
  fc.array(
    fc
      .tuple(
        fc.nat(3),
        fc.nat(3),
        fc.nat(24),
        fc.nat(3),
        fc.nat(9).map((n) => (n === 0 ? 1 : 0)),
      )
      .map(eventOf),
    { minLength: 1, maxLength: 6 },
  ),
  { minLength: 1, maxLength: 8 },
);

async function live(
  service: PersonalizationService,
): Promise<Omit<SiteSummary, "segments" | "experiments" | "other">> {
  const { segments: _segments, experiments: _experiments, other: _other, ...rest } = await service.summary();
  return rest;
}

describe("T8 T9 T13 a crash at any write", () => {
  it(
    "leaves, once a fresh service has caught up, exactly what the pure model makes of the log",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          batches,
          fc.integer({ min: 1, max: 60 }),
          fc.constantFrom("before" as const, "after" as const),
          async (input, writes, edge) => {
            const hot = memoryStore();
            const log = memoryLog({ shards: 2 });
            const mortal = dying(hot, log, fuse(writes, edge));
            const first = createPersonalizationService({ stores: { hot: mortal.hot }, log: mortal.log });
            const acknowledged: string[] = [];
            for (const batch of input) {
              const taken = await first.ingest(batch).catch(() => null);
              if (taken !== null) acknowledged.push(...batch.map(({ id }) => String(id)));
            }
            await new Promise((resolve) => setImmediate(resolve));
            await first.close();

            const second = createPersonalizationService({ stores: { hot }, log });
            await second.settled();
            const entries = await logged(log);
            const ids = new Set(entries.map(({ event }) => event.id));
            expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
            const expected = model(entries);
            expect(await live(second)).toEqual(expected.summary);
            for (const [visitor, state] of expected.states) {
              expect(
                (await hot.get<{ state: VisitorState }>(`default/v/${visitor}`, "state"))?.value.state,
              ).toEqual(state);
            }
            // The clients of the dead process send everything again.
            for (const batch of input) await second.ingest(batch);
            await second.settled();
            expect(await live(second)).toEqual(model(await logged(log)).summary);
            await second.close();
          },
        ),
        { numRuns: HISTORIES },
      );
    },
    60_000 + HISTORIES * 200,
  );
});
