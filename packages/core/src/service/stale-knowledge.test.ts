import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryChannel, memoryLog, memoryStore } from "../memory/index.js";
import type { Channel } from "../ports/channel.js";
import { createFakeClock } from "../testing/fake-clock.js";
import { createPersonalizationService } from "./create-service.js";
import { SORT } from "./layout/partitions.js";
import { sample, T0 } from "./service.test.suite.js";
import type { ConsentInput, DecideResult, PersonalizationService } from "./types.js";

const GRANTS = {
  necessary: true,
  analytics: true,
  personalization: true,
  marketing: false,
  advertising: false,
};
const said: ConsentInput = { policyVersion: "1", source: "preferences", purposes: {} };
const ruleset = (revision: number, least = 2) => ({
  schemaVersion: 1,
  revision,
  segments: [
    { name: "browsing", enter: { productViews: { $gte: least } } },
    { name: "known", enter: { "traits.plan": { $eq: "gold" } } },
  ],
  slots: {
    hero: {
      variants: { plain: "plain", bold: "bold", gold: "gold" },
      fallback: "plain",
      policy: {
        type: "rules",
        rules: [
          { segment: "known", variant: "gold" },
          { segment: "browsing", variant: "bold" },
        ],
      },
    },
  },
});

/** Loses all that is published. */
const deaf = (channel: Channel): Channel => ({ ...channel, publish: async () => undefined });

/** Services over one store, of which the last holds nothing. */
function open(channelOf: (channel: Channel) => Channel | null = (channel) => channel, log = false) {
  const clock = createFakeClock(T0);
  const channel = channelOf(memoryChannel());
  const ports = {
    stores: { hot: memoryStore({ clock }) },
    ...(channel && { channel }),
    clock,
    ruleset: ruleset(1),
  };
  const logged = log && { log: memoryLog({ clock }) };
  const service = (visitors?: number) =>
    createPersonalizationService({
      ...ports,
      ...logged,
      ...(visitors !== undefined && { cache: { visitors } }),
    });
  const [a, b, plain] = [service(), service(), service(0)];
  const all = [a, b, plain];
  return { clock, a, b, plain, all, close: () => Promise.all(all.map((one) => one.close())) };
}

const views = (visitorId: string, n: number, over: Record<string, unknown> = {}) =>
  Array.from({ length: n }, () =>
    sample({ id: crypto.randomUUID(), name: "Product Viewed", visitorId, ...over }),
  );
const hero = async (service: PersonalizationService, id = "v") =>
  (await service.decide({ id, consent: GRANTS })).decisions["hero"]?.variant;
const misses = (service: PersonalizationService) => service.cacheStats().profile.misses;

describe("T25 T29 what another process changes", () => {
  it("is told: a decision goes by the events that the other one has folded", async () => {
    const { a, b, close } = open();
    await a.ingest(views("v", 1));
    expect([await hero(a), await hero(b)]).toEqual(["plain", "plain"]);
    await b.ingest(views("v", 1));
    expect([await hero(a), await hero(b)]).toEqual(["bold", "bold"]);
    expect(misses(a)).toMatchObject({ invalidated: 1, expired: 0 });
    // What it has folded itself it need not read.
    expect(misses(b)).toMatchObject({ invalidated: 0, expired: 0 });
    await close();
  });

  it("is caught by the commit itself where nothing was told: nothing is folded onto an old state or under an old decision", async () => {
    const { a, b, plain, clock, close } = open(deaf);
    await a.ingest(views("v", 1));
    await b.ingest(views("v", 1));
    await a.ingest(views("v", 1));
    expect((await plain.profile("v"))?.features["productViews"]).toBe(3);
    await b.consent("v", { ...said, purposes: { ...GRANTS, personalization: false } });
    await a.ingest(views("v", 1));
    expect((await plain.profile("v"))?.features["productViews"]).toBe(3);
    clock.advance(1);
    await b.consent("v", { ...said, purposes: GRANTS });
    const { accepted, withheld } = await a.ingest(views("v", 1));
    expect({ accepted, withheld }).toEqual({ accepted: 1, withheld: 0 });
    await b.erase("v");
    expect(await a.ingest(views("v", 1))).toMatchObject({ outcomes: { 0: "erased" } });
    expect(await plain.profile("v")).toBeNull();
    await close();
  });

  it("is read again after ten seconds at most where its notice was lost", async () => {
    const { a, b, clock, close } = open(deaf);
    await a.ingest(views("v", 2));
    expect(await hero(a)).toBe("bold");
    await b.consent("v", { ...said, purposes: { personalization: false } });
    clock.advance(10_000);
    expect(await hero(a)).toBe("plain");
    expect(misses(a)).toMatchObject({ expired: 1 });
    await close();
  });

  it("is forgotten at once after a gap", async () => {
    const listeners: ((frame: never) => void)[] = [];
    const spied = (channel: Channel): Channel => ({
      ...deaf(channel),
      subscribe(topics, listener) {
        listeners.push(listener as (frame: never) => void);
        return channel.subscribe(topics, listener);
      },
    });
    const { a, b, close } = open(spied);
    await a.ingest(views("v", 2));
    await b.erase("v");
    expect(await hero(a)).toBe("bold");
    for (const listener of listeners) listener({ type: "gap", topic: "_/notices" } as never);
    expect(await hero(a)).toBe("plain");
    await close();
  });

  it("shows at once: a withdrawal, a grant, an erasure, and a user's withdrawal", async () => {
    const { a, b, clock, close } = open();
    const gold = { name: "Visitor Identified", userId: "u", properties: { traits: { plan: "gold" } } };
    await a.ingest(views("v", 1, gold));
    expect([await hero(a), await hero(b)]).toEqual(["gold", "gold"]);
    await b.consent("v", { ...said, purposes: { personalization: false } });
    expect([await hero(a), await hero(b)]).toEqual(["plain", "plain"]);
    clock.advance(1);
    await a.consent("v", { ...said, purposes: GRANTS });
    expect([await hero(a), await hero(b)]).toEqual(["gold", "gold"]);
    clock.advance(1);
    await b.consent({ userId: "u" }, { ...said, purposes: { personalization: false } });
    expect([await hero(a), await hero(b)]).toEqual(["plain", "plain"]);
    await a.consent({ userId: "u" }, { ...said, purposes: GRANTS });
    expect([await hero(a), await hero(b)]).toEqual(["gold", "gold"]);
    await a.erase({ userId: "u" });
    expect([await hero(a), await hero(b)]).toEqual(["plain", "plain"]);
    await close();
  });
});

describe("T29 an erasure that is cut off", () => {
  it("shows in decisions from its first write on", async () => {
    const hot = memoryStore();
    let failing = false;
    const breaking = {
      ...hot,
      commit: (async (...args: Parameters<typeof hot.commit>) => {
        const result = await hot.commit(...args);
        if (failing && args[1].some(({ sort }) => sort === SORT.tombstone)) throw new Error("cut off");
        return result;
      }) as typeof hot.commit,
    };
    const service = createPersonalizationService({ stores: { hot: breaking }, ruleset: ruleset(1) });
    await service.ingest(views("v", 2));
    expect(await hero(service)).toBe("bold");
    failing = true;
    await expect(service.erase("v")).rejects.toThrow("cut off");
    expect(await hero(service)).toBe("plain");
    await service.close();
  });
});

type Step =
  | { kind: "view"; by: 0 | 1; visitor: string; covered: boolean }
  | { kind: "identify"; by: 0 | 1; visitor: string; user: string; plan: string }
  | { kind: "consent"; by: 0 | 1; id: string | { userId: string }; personalization: boolean }
  | { kind: "erase"; by: 0 | 1; id: string | { userId: string } }
  | { kind: "ruleset"; by: 0 | 1; least: number }
  | { kind: "wait"; ms: number };

const by = fc.constantFrom<0 | 1>(0, 1);
const visitor = fc.constantFrom("v1", "v2", "v3");
const user = fc.constantFrom("u1", "u2");
const id = fc.oneof(
  visitor,
  user.map((userId) => ({ userId })),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("view" as const), by, visitor, covered: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("identify" as const),
      by,
      visitor,
      user,
      plan: fc.constantFrom("gold", "tin"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("consent" as const), by, id, personalization: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("erase" as const), by, id }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("ruleset" as const),
      by,
      least: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 12_000 }) }),
  },
);

describe("a decision by what is held", () => {
  const run = async (world: ReturnType<typeof open>, one: Step, n: number): Promise<void> => {
    if (one.kind === "wait") return world.clock.advance(one.ms);
    world.clock.advance(1);
    const service = world.all[one.by] as PersonalizationService;
    const now = { occurredAt: world.clock.now() };
    if (one.kind === "view") {
      const purposes = one.covered ? ["analytics", "personalization"] : ["analytics"];
      await service.ingest(views(one.visitor, 1, { ...now, consent: { purposes, policyVersion: "1" } }));
    } else if (one.kind === "identify") {
      const properties = { traits: { plan: one.plan } };
      const made = { ...now, name: "Visitor Identified", userId: one.user, properties };
      await service.ingest(views(one.visitor, 1, made));
    } else if (one.kind === "consent")
      await service.consent(one.id, {
        ...said,
        purposes: { ...GRANTS, personalization: one.personalization },
      });
    else if (one.kind === "erase") await service.erase(one.id);
    else await service.loadRuleset(ruleset(n + 2, one.least));
    if (one.kind === "view" || one.kind === "identify") await service.settled();
  };
  const decided = (service: PersonalizationService): Promise<DecideResult[]> =>
    Promise.all(
      ["v1", "v2", "v3", "never seen"].flatMap((name) => [
        service.decide({ id: name, consent: GRANTS }),
        service.decide({ id: name }),
      ]),
    );
  const same = async ({ all }: ReturnType<typeof open>): Promise<void> => {
    const [a, b, plain] = await Promise.all(all.map(decided));
    expect(a).toEqual(plain);
    expect(b).toEqual(plain);
  };
  const runs = Number(process.env["ATTUNE_HISTORIES"] ?? 60);

  it.each([false, true])(
    "is the one made without, whatever two processes do (with a log: %s)",
    async (log) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
          const world = open(undefined, log);
          try {
            for (const [n, one] of steps.entries()) {
              await run(world, one, n);
              await same(world);
            }
          } finally {
            await world.close();
          }
        }),
        { numRuns: runs },
      );
    },
  );

  it("is so without a channel, for all that the process itself does", async () => {
    const own = step
      .filter(({ kind }) => kind !== "ruleset")
      .map((one) => ({ ...one, by: 0 as const }) as Step);
    await fc.assert(
      fc.asyncProperty(fc.array(own, { minLength: 1, maxLength: 20 }), async (steps) => {
        const world = open(() => null);
        try {
          for (const [n, one] of steps.entries()) {
            await run(world, one, n);
            await same({ ...world, all: [world.a, world.a, world.plain] });
          }
        } finally {
          await world.close();
        }
      }),
      { numRuns: runs },
    );
  });

  it("is so ten seconds later where every notice is lost", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const world = open(deaf);
        try {
          for (const [n, one] of steps.entries()) await run(world, one, n);
          world.clock.advance(10_000);
          await same(world);
        } finally {
          await world.close();
        }
      }),
      { numRuns: runs },
    );
  });
});
