import { describe, expect, it } from "vitest";
import { memoryChannel, memoryLog, memoryStore } from "../memory/index.js";
import type { AtomicStore } from "../ports/store.js";
import { createFakeClock } from "../testing/fake-clock.js";
import { createPersonalizationService } from "./create-service.js";
import type { ServiceOptions } from "./options.js";
import { sample } from "./service.test.suite.js";
import type { ServiceFrame } from "./types.js";

const rulesetOf = (revision: number, segments: object[]) => ({
  ...{ schemaVersion: 1, revision, segments },
  slots: {
    offer: {
      variants: { none: 0, some: 1 },
      fallback: "none",
      policy: { type: "rules", rules: [{ segment: { any: ["viewers"] }, variant: "some" }] },
    },
  },
});
const viewers = (from: number) => ({ name: "viewers", enter: { productViews: { $gte: from } } });

let ids = 0;
const viewed = (visitorId: string, over: Record<string, unknown> = {}) =>
  sample({ ...{ id: `s${ids++}`, name: "Product Viewed", visitorId, sessionId: null }, ...over });

function world(around: (plain: AtomicStore) => AtomicStore = (plain) => plain) {
  const clock = createFakeClock();
  const hot = around(memoryStore({ clock }));
  const log = memoryLog({ clock });
  const channel = memoryChannel({});
  const reports: unknown[] = [];
  const start = (more: Partial<ServiceOptions> = {}) =>
    createPersonalizationService({
      ...{ stores: { hot }, log, channel, clock, ruleset: rulesetOf(1, [viewers(9)]) },
      report: (error) => void reports.push(error),
      ...more,
    });
  return { clock, hot, log, start, reports };
}
type Service = ReturnType<ReturnType<typeof world>["start"]>;

/** Visitors `v0`, `v1` … who have viewed that many products. */
const fill = (service: Service, count: number) =>
  service.ingest(
    Array.from({ length: count }, (_, i) => Array.from({ length: i }, () => viewed(`v${i}`))).flat(),
    { waitMs: 10_000 },
  );
const membersOf = async (service: Service, count: number) => {
  const found: string[] = [];
  for (let i = 1; i < count; i++) {
    const profile = await service.profile({ visitorId: `v${i}` });
    if (profile && "viewers" in profile.segments) found.push(`v${i}`);
  }
  return found;
};

describe("stored visitors and new segments", () => {
  it("are brought in line by the worker, counted and told of once", async () => {
    const { start, reports } = world();
    const service = start();
    await fill(service, 6);
    await service.settled();
    const frames: ServiceFrame[] = [];
    const end = await service.subscribe({ types: ["visitor"] }, (frame) => void frames.push(frame));
    await service.loadRuleset(rulesetOf(2, [viewers(3)]));
    await service.settled();
    expect(await service.segments.progress()).toMatchObject({ visited: 5, changed: 3 });
    expect(await service.segmentSize("viewers")).toBe(3);
    expect(frames.map((frame) => frame.type === "visitor" && frame.changes)).toEqual(
      Array.from({ length: 3 }, () => [{ segment: "viewers", change: "entered" }]),
    );
    // Others of the same name, and nothing else: who is in stays, or leaves.
    await service.loadRuleset(rulesetOf(3, [viewers(5)]));
    await service.settled();
    expect(await service.segmentSize("viewers")).toBe(1);
    expect(await membersOf(service, 6)).toEqual(["v5"]);
    // The same again changes nothing and tells nobody.
    const before = frames.length;
    expect(await service.segments.evaluate({ anew: true })).toMatchObject({ visited: 5, changed: 0 });
    expect(frames).toHaveLength(before);
    await service.erase({ visitorId: "v5" });
    expect((await service.segmentSize("viewers")) ?? 0).toBe(0);
    expect(reports).toEqual([]);
    await end();
    await service.close();
  });

  it("come to what a rebuild comes to", async () => {
    const { start, hot } = world();
    const first = start({ resegment: false });
    await fill(first, 6);
    await first.loadRuleset(rulesetOf(2, [viewers(3), { name: "few", enter: { productViews: { $lt: 3 } } }]));
    await first.settled();
    // Meanwhile somebody comes back: the new rules hold for what was before, too.
    await first.ingest([viewed("v4")], { waitMs: 5000 });
    await first.segments.evaluate();
    const stored = async () => {
      const found: unknown[] = [];
      for await (const partition of hot.partitions("default/v/"))
        found.push((await hot.get<{ segments: object; counts: object }>(partition, "state"))?.value);
      return found.map((record) => {
        const { segments, counts, state } = record as { segments: object; counts: object; state: object };
        return { segments, counts, state };
      });
    };
    const before = await stored();
    const sizes = [await first.segmentSize("viewers"), await first.segmentSize("few")];
    expect(sizes).toEqual([3, 2]);
    await first.close();
    const builder = start({ worker: false, ruleset: undefined as never });
    await builder.rebuild();
    expect(await stored()).toEqual(before);
    expect([await builder.segmentSize("viewers"), await builder.segmentSize("few")]).toEqual(sizes);
    await builder.close();
  });

  it("come to what a rebuild comes to, each time by the decision that stood then", async () => {
    const { start, hot, clock } = world();
    const first = start();
    const bars = (enter: number, more: object[] = []) => [
      { name: "viewers", enter: { productViews: { $gte: enter } }, exit: { productViews: { $lt: 1 } } },
      ...more,
    ];
    const decide = (id: string, personalization: boolean) =>
      first.consent(id, {
        purposes: { analytics: true, personalization },
        ...{ policyVersion: "1", source: "api" },
      });
    const publish = async (revision: number, segments: object[]) => {
      clock.advance(1000);
      await first.loadRuleset(rulesetOf(revision, segments));
      await first.settled();
      clock.advance(1000);
    };
    const people = ["kept", "refused", "back", "seen", "late"];
    await first.ingest(
      people.flatMap((who) => [viewed(who), viewed(who)]),
      { waitMs: 10_000 },
    );
    await publish(2, bars(2));
    await decide("refused", false);
    for (const who of ["back", "seen"]) await decide(who, false);
    // Who has refused is in nothing now …
    await publish(3, bars(2, [{ name: "all", enter: {} }]));
    for (const who of ["back", "seen"]) await decide(who, true);
    await decide("late", false);
    // … and who is back has to come over a bar that is higher by now; who was in it stays.
    await publish(4, bars(9));
    await first.ingest([viewed("seen")], { waitMs: 10_000 });
    await first.settled();
    const stored = async () => {
      const found: Record<string, unknown> = {};
      for await (const partition of hot.partitions("default/v/")) {
        const record = await hot.get<{ segments: object; counts: object }>(partition, "state");
        found[partition] = { segments: record?.value.segments, counts: record?.value.counts };
      }
      return found;
    };
    const before = await stored();
    expect(await first.segmentSize("viewers")).toBe(1);
    await first.close();
    const builder = start({ worker: false, ruleset: undefined as never });
    await builder.rebuild();
    expect(await stored()).toEqual(before);
    expect(await builder.segmentSize("viewers")).toBe(1);
    await builder.close();
  });

  it("goes on where it was cut off, and loses no count that was owed", async () => {
    let commits = Number.POSITIVE_INFINITY;
    // Dies at the given commit to a counter shard: memberships are written then, and not counted.
    const { start, reports } = world((plain) => ({
      ...plain,
      async commit(partition, ops) {
        if (partition.includes("/c/") && commits-- <= 0) throw new Error("down");
        return plain.commit(partition, ops);
      },
    }));
    const service = start({ resegment: false });
    for (let i = 0; i < 300; i++) await service.ingest([viewed(`w${i}`)]);
    await service.settled();
    await service.loadRuleset(rulesetOf(2, [viewers(1)]));
    commits = 10;
    await expect(service.segments.evaluate()).rejects.toThrow("down");
    const cut = await service.segments.progress();
    expect(cut).toMatchObject({ ended: null });
    commits = Number.POSITIVE_INFINITY;
    await service.close();
    const next = start({ resegment: false, ruleset: rulesetOf(2, [viewers(1)]) });
    const seen: number[] = [];
    // The one that was at it has fallen silent only now.
    expect(await next.segments.evaluate({})).toMatchObject({ ended: null });
    const done = await next.segments.evaluate({
      anew: false,
      takeOver: true,
      onProgress: ({ visited }) => void seen.push(visited),
    });
    expect(done).toMatchObject({ visited: 300 });
    expect(done.ended).not.toBeNull();
    expect(Math.min(...seen)).toBe(cut?.visited);
    expect(await next.segmentSize("viewers")).toBe(300);
    expect(reports).toEqual([]);
    await next.close();
  });

  it("do not hold up events, whose folds and theirs come in any order", async () => {
    const { start } = world();
    const service = start();
    await service.ingest(
      Array.from({ length: 200 }, (_, i) => viewed(`w${i}`)),
      { waitMs: 10_000 },
    );
    await service.settled();
    const loaded = service.loadRuleset(rulesetOf(2, [viewers(2)]));
    const taken = Array.from({ length: 100 }, (_, i) =>
      service.ingest([viewed(`w${i}`)], { waitMs: 10_000 }),
    );
    await loaded;
    // Overtaken by another one on the way.
    await service.loadRuleset(rulesetOf(3, [viewers(2), { name: "all", enter: {} }]));
    const outcomes = (await Promise.all(taken)).flatMap((one) => Object.values(one.outcomes));
    expect(new Set(outcomes)).toEqual(new Set(["folded"]));
    await service.settled();
    expect(await service.segmentSize("viewers")).toBe(100);
    expect(await service.segmentSize("all")).toBe(200);
    await service.close();
  });

  it("without consent are in nothing, whatever the new segments say", async () => {
    const { start } = world();
    const service = start();
    await service.ingest(
      [viewed("a"), viewed("b", { consent: { purposes: ["analytics"], policyVersion: "1" } }), viewed("c")],
      { waitMs: 5000 },
    );
    await service.consent("c", {
      purposes: { analytics: true, personalization: false },
      ...{ policyVersion: "1", source: "api" },
    });
    await service.loadRuleset(rulesetOf(2, [viewers(1)]));
    await service.settled();
    expect(await service.segmentSize("viewers")).toBe(1);
    await service.close();
  });
});

describe("segments of a site", () => {
  it("are added, changed and removed by publishing the ruleset", async () => {
    const { start } = world();
    const service = start();
    const done = await service.segments.define({ name: "new", enter: { sessions: { $lte: 1 } } });
    expect(done).toMatchObject({ ok: true, value: { revision: 2, changed: true } });
    expect((await service.segments.list()).map(({ name }) => name)).toEqual(["viewers", "new"]);
    await service.segments.define({ name: "new", enter: { sessions: { $lte: 2 } } });
    expect(await service.segments.get("new")).toEqual({ name: "new", enter: { sessions: { $lte: 2 } } });
    const wrong = await service.segments.define({ name: "new", enter: { sessions: { $lte: 2 } }, exits: {} });
    expect(wrong).toMatchObject({ ok: false, error: [{ path: "/exits" }] });
    expect(await service.segments.remove("viewers")).toMatchObject({
      ok: false,
      error: [{ code: "ATTUNE_SEGMENT_IN_USE", path: "/slots/offer" }],
    });
    expect(await service.segments.remove("gone")).toMatchObject({
      ok: false,
      error: [{ code: "ATTUNE_SEGMENT_UNKNOWN" }],
    });
    expect(await service.segments.remove("new")).toMatchObject({ ok: true });
    expect(await service.segments.get("new")).toBeNull();
    const changed = await service.segments.define(viewers(4), { over: (version) => version === "1-none" });
    expect(changed).toMatchObject({ ok: false, error: [{ code: "ATTUNE_SERVICE_RULESET_CHANGED" }] });
    // At once, none is lost.
    const all = await Promise.all(
      ["a", "b", "c"].map((name) => service.segments.define({ name, enter: {} })),
    );
    expect(all.every(({ ok }) => ok)).toBe(true);
    expect((await service.segments.list()).map(({ name }) => name).sort()).toEqual([
      "a",
      "b",
      "c",
      "viewers",
    ]);
    await service.close();
  });

  it("tell how many are in them, but not of few", async () => {
    const { start } = world();
    const service = start({ ruleset: rulesetOf(1, [viewers(1)]) });
    await service.ingest(
      Array.from({ length: 19 }, (_, i) => viewed(`w${i}`)),
      { waitMs: 5000 },
    );
    const size = () => service.segments.size("viewers");
    expect(await size()).toEqual({ segment: "viewers", size: null, reason: "too-few", floor: 20 });
    await service.ingest([viewed("w19")], { waitMs: 5000 });
    expect(await size()).toEqual({ segment: "viewers", size: 20, reason: null, floor: 20 });
    await service.erase({ visitorId: "w3" });
    expect(await size()).toMatchObject({ size: null });
    expect(await service.segments.size("viewers", { floor: 5 })).toMatchObject({ size: 19 });
    expect(await service.segments.size("nobody")).toBeNull();
    await service.close();
  });
});
