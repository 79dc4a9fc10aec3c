import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fakeDevice, type FakeOptions, fakeTime } from "../../test/fake-environment.js";
import { granted, make, ruleset, view } from "../../test/shop.js";
import type { Event } from "../events/types.js";
import { features } from "../state/features.js";
import { fold } from "../state/fold.js";
import { initialState } from "../state/initial-state.js";
import type { Attune, AttuneOptions } from "./types.js";

/** Several pages of one site on one device. Nothing arrives anywhere: what was recorded lies in the queue. */
function tabs(options: AttuneOptions = {}) {
  const device = fakeDevice();
  const time = fakeTime();
  const fake: FakeOptions = { device, time, answer: () => ({ status: "retry", afterMs: 3_600_000 }) };
  return {
    device,
    time,
    /** Another page, on a device where all is granted; ids of its own. */
    async open() {
      await time.advance(1);
      const page = device.cookies.has("consent")
        ? make({ ...fake, seed: device.pages.size + 20 }, options)
        : await granted(fake, options);
      page.attune.start();
      await page.attune.ready();
      await time.settle();
      return page;
    },
    undecided: (seed: number, more: AttuneOptions = {}) => make({ ...fake, seed }, { ...options, ...more }),
    /** What was recorded, in its order. */
    events: () =>
      [...device.queue.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ body }) => body as Event),
    kept: () =>
      device.values.get("visitor") as {
        visitor: { id: string };
        state: ReturnType<typeof initialState>;
        segments: Record<string, number>;
      },
  };
}

const folded = (events: readonly Event[]) => events.reduce(fold, initialState());

/** What a page shows of a visitor. */
const seenBy = ({ decide, session, snapshot, visitor }: Attune) => {
  const { features: known, segments } = snapshot();
  const { id, startedAt, lastActivityAt } = session() ?? {};
  return [known, segments, [id, startedAt, lastActivityAt], decide("offer").variant, visitor()];
};

describe("several pages of one visitor", () => {
  it("come to one state, which is the fold of all their events in order; so does one that opens later", async () => {
    const { open, time, events, kept } = tabs();
    const first = await open();
    const second = await open();
    for (let i = 0; i < 6; i++) {
      await (i % 2 ? second : first).attune.track("Product Viewed", {
        product_id: `hat-${i}`,
        price: 10 + i,
      });
      await time.advance(50);
      expect(seenBy(first.attune)).toEqual(seenBy(second.attune));
    }
    expect(first.attune.snapshot().features).toEqual(features(folded(events())));
    expect(first.attune.decide("offer").variant).toBe("hats");
    const third = await open();
    expect(seenBy(third.attune)).toEqual(seenBy(first.attune));
    await time.advance(1000);
    expect(kept().state).toEqual(folded(events()));
    expect(new Set(events().map(({ sessionId }) => sessionId)).size).toBe(1);
  });

  it("keep each event exactly once, whatever they do, whoever is killed, and whoever missed what was said", async () => {
    const step = fc.record({
      page: fc.nat(2),
      ms: fc.integer({ min: 1, max: 700 }),
      deed: fc.constantFrom("view", "view", "add", "expose", "together", "kill", "late"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { device, open, time, events, kept } = tabs();
        const pages = [await open(), await open(), await open()];
        for (const { page: i, ms, deed } of steps) {
          const page = pages[i] ?? (await open());
          const { attune } = page;
          if (deed === "view") void view(attune);
          else if (deed === "add") void attune.track("Product Added", { price: 5 });
          else if (deed === "expose") attune.expose("hero");
          else if (deed === "together") for (const { attune: each } of pages) void view(each);
          // What is under way goes on; what waits for a timer never happens.
          else if (deed === "kill") {
            page.kill();
            pages[i] = await open();
          } else page.hears(false);
          await time.advance(ms);
          if (deed === "late") page.hears(true);
        }
        await time.advance(1000);
        const state = folded(events());
        for (const { attune } of pages) {
          await attune.flush();
          await time.settle();
          expect(attune.snapshot().features).toEqual(features(state));
          expect(attune.session()?.id).toBe(state.session?.id);
        }
        expect(kept().state).toEqual(state);
        expect(device.notes.size).toBe(0);
        const told = events().filter(({ name }) => name === "Variant Exposed");
        expect(told.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: Number(process.env.ATTUNE_HISTORIES ?? 60) },
    );
  });

  it("are in a segment since the event that made it so, though one that has no rules yet writes that down", async () => {
    const { open, undecided, time, kept, events } = tabs();
    const first = await open();
    await view(first.attune);
    await time.advance(100);
    await view(first.attune);
    // Opens before that is written, and its rules are slow.
    const late = undecided(5, { decisions: {} });
    late.attune.start();
    await late.attune.ready();
    await time.advance(10);
    expect(late.attune.snapshot().segments).toEqual({ browsing: events()[1]?.occurredAt });
    await view(late.attune);
    late.attune.loadRuleset(ruleset);
    await time.advance(1000);
    const segments = { browsing: events()[1]?.occurredAt };
    expect(kept().segments).toEqual(segments);
    for (const { attune } of [first, late]) expect(attune.snapshot().segments).toEqual(segments);
  });

  it("begin one session where they open, or go on after a pause, at the same moment", async () => {
    const { open, time, events } = tabs();
    const pages = [await open(), await open()];
    for (let i = 0; i < 3; i++) {
      await Promise.all(pages.map(({ attune }) => attune.page()));
      await time.advance(100);
      expect(pages[0]?.attune.session()).toMatchObject({ id: pages[1]?.attune.session()?.id });
      await time.advance(31 * 60_000);
    }
    expect(new Set(events().map(({ sessionId }) => sessionId)).size).toBe(3);
    expect(folded(events()).sessions).toBe(3);
  });

  it("are one visitor in one session where consent is given to several at once", async () => {
    const { undecided, time, events } = tabs({
      consent: { policy: { version: "1", memoryBeforeDecision: true } },
    });
    const pages = [undecided(3), undecided(4)];
    for (const { attune } of pages) {
      attune.start();
      await attune.page();
    }
    await Promise.all(pages.map(({ attune }) => attune.consent.grant("all")));
    await time.settle();
    for (const { attune } of pages) await attune.page();
    await time.advance(100);
    const [a, b] = pages.map(({ attune }) => [attune.visitor()?.id, attune.session()?.id]);
    expect(a).toEqual(b);
    expect(new Set(events().map(({ visitorId }) => visitorId)).size).toBe(1);
    expect(new Set(events().map(({ sessionId }) => sessionId)).size).toBe(1);
  });
});

describe("who the visitor is, in several pages", () => {
  it("a user told of in one is known in all, and somebody else in one is so in all", async () => {
    const { open, time, device } = tabs();
    const [first, second] = [await open(), await open()];
    await first.attune.identify("user-1", { plan: "gold" }, { theme: "dark" });
    await second.attune.identify("user-1", { since: 2020 });
    await time.settle();
    const traits = { plan: "gold", since: 2020 };
    expect(first.attune.visitor()).toMatchObject({
      userId: "user-1",
      traits,
      preferences: { theme: "dark" },
    });
    expect(second.attune.visitor()).toEqual(first.attune.visitor());
    const known = first.attune.visitor()?.id;

    await view(first.attune);
    await second.attune.reset();
    await time.advance(1000);
    expect(first.attune.visitor()?.id).not.toBe(known);
    expect(first.attune.visitor()).toEqual(second.attune.visitor());
    expect(first.attune.snapshot().features.productViews).toBe(0);
    expect(device.cookies.get("visitor")).toBe(first.attune.visitor()?.id);
    // What was done before is still told of, as what it was.
    expect([...device.queue.values()].map(({ body }) => (body as Event).visitorId)).toEqual([
      known,
      known,
      known,
    ]);

    await first.attune.identify("user-2", { plan: "silver" });
    await second.attune.identify("user-3", { plan: "lead" });
    await time.advance(1000);
    expect(first.attune.visitor()).toEqual(second.attune.visitor());
    expect(second.attune.visitor()).toMatchObject({ userId: "user-3", traits: { plan: "lead" } });
  });

  it("forgotten in one, nobody brings back who it was, nor sends what was left", async () => {
    const { open, time, device } = tabs({ delivery: { batchSize: 100, intervalMs: 3_600_000 } });
    const [first, second] = [await open(), await open()];
    await view(first.attune);
    await view(second.attune);
    await time.settle();
    const known = first.attune.visitor()?.id ?? "";
    await first.attune.forget();
    await time.advance(1000);
    await view(second.attune);
    await time.advance(1000);
    expect(second.attune.visitor()).toEqual(first.attune.visitor());
    expect(first.attune.snapshot().features.productViews).toBe(1);
    const left = JSON.stringify([
      [...device.values],
      [...device.queue],
      [...device.notes],
      [...device.cookies],
    ]);
    expect(left).not.toContain(known);
    second.hide(true);
    await time.settle();
    expect(second.events().map(({ visitorId }) => visitorId)).toEqual([first.attune.visitor()?.id]);
    expect(JSON.stringify([first.sent, second.sent])).not.toContain(known);
  });

  it("what was done as somebody else counts for nobody else", async () => {
    const { open, time, kept } = tabs();
    const [first, second] = [await open(), await open()];
    second.hears(false);
    await first.attune.reset();
    await view(second.attune);
    second.hears(true);
    await time.advance(1000);
    expect(second.attune.visitor()).toEqual(first.attune.visitor());
    expect(second.attune.snapshot().features.productViews).toBe(0);
    expect(kept().state).toEqual(initialState());
  });

  it("all begin anew, as one, where the browser has cleared what was kept", async () => {
    const { open, time, device } = tabs();
    const [first, second] = [await open(), await open()];
    await view(first.attune);
    await time.advance(1000);
    const known = first.attune.visitor()?.id;
    for (const part of [device.values, device.queue, device.notes, device.cookies]) part.delete("visitor");
    for (const hear of device.pages) hear(false);
    await time.advance(1000);
    expect(first.attune.visitor()).toEqual(second.attune.visitor());
    expect(first.attune.visitor()?.id).not.toBe(known);
    expect(first.attune.snapshot().features.productViews).toBe(0);
    expect(first.errors).toEqual([]);
  });

  it("T25: after a withdrawal nothing that is heard late brings anything back", async () => {
    const { open, time, device } = tabs();
    const [first, second] = [await open(), await open()];
    await view(first.attune);
    const hears = [...device.pages];
    await second.attune.consent.withdraw();
    await first.attune.consent.withdraw();
    for (const hear of hears) hear(true);
    await time.advance(5000);
    for (const { attune } of [first, second]) {
      expect(attune.visitor()).toBeNull();
      expect(attune.snapshot()).toMatchObject({ storage: "none", segments: {} });
    }
    expect([device.values.size, device.queue.size, device.notes.size]).toEqual([0, 0, 0]);
    expect([...device.cookies.keys()]).toEqual(["consent"]);
  });

  it("without consent what is remembered in one page stays in it", async () => {
    const { undecided, time, device } = tabs({
      consent: { policy: { version: "1", memoryBeforeDecision: true } },
    });
    const pages = [undecided(3), undecided(4)];
    for (const { attune } of pages) attune.start();
    await view(pages[0]?.attune as Attune);
    await time.advance(1000);
    expect(pages[0]?.attune.snapshot().features.productViews).toBe(1);
    expect(pages[1]?.attune.snapshot().features.productViews ?? 0).toBe(0);
    expect([device.pages.size, device.values.size, device.notes.size]).toEqual([0, 0, 0]);
  });

  it("personalization that is refused leaves nothing learned, also of what another page has just noted", async () => {
    const { open, time, kept } = tabs();
    const [first, second] = [await open(), await open()];
    await first.attune.identify("user-1", { plan: "gold" });
    void view(second.attune);
    await Promise.all([first, second].map(({ attune }) => attune.consent.deny(["personalization"])));
    await time.advance(1000);
    expect(kept().state.learned).toEqual(initialState().learned);
    expect(JSON.stringify(kept())).not.toContain("gold");
    expect(kept().visitor.id).toBe(second.attune.visitor()?.id);
  });
});
