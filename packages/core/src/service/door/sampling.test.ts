import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { Log } from "../../ports/log.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createPersonalizationService } from "../create-service.js";
import { sample, T0 } from "../service.test.suite.js";
import { createLoad } from "./load.js";
import { createSampling, isSampleable } from "./sampling.js";

const calm = { lag: 0, inFlight: 0, appendMs: 0 };
const HOVER = "Page Hovered";
const PROTECTED = [
  ...[
    "Page Viewed",
    "Page Scrolled",
    "Page Engaged",
    "Element Clicked",
    "Products Searched",
    "Product List Viewed",
  ],
  ...[
    "Product Viewed",
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Checkout Started",
    "Order Completed",
  ],
  ...["Signed In", "Visitor Identified", "Variant Exposed", "Consent Changed", "Plan Chosen"],
];

/** At a rate, after so many seconds under pressure. */
function pressed(seconds: number, least = 1 / 16) {
  const clock = createFakeClock(T0);
  const sampling = createSampling({ lag: 100, least, keep: ["Page Goal Reached"] }, clock.now);
  for (let i = 0; i < seconds; i++) {
    sampling.told({ ...calm, lag: 101 });
    clock.advance(1000);
  }
  return { sampling, clock };
}
const events = (ids: readonly string[], name = HOVER) =>
  ids.map((id) => ({
    event: { id, name } as unknown as Parameters<ReturnType<typeof createSampling>["keep"]>[0][0]["event"],
  }));

describe("the rate of sampling", () => {
  it("halves each second under pressure down to the least, holds in between, and comes back to 1", () => {
    const clock = createFakeClock(T0);
    const sampling = createSampling({ lag: 100, appendMs: 50 }, clock.now);
    const after = (pressure: Partial<typeof calm>): number => {
      clock.advance(1000);
      sampling.told({ ...calm, ...pressure });
      return sampling.rate();
    };
    expect(after({ lag: 100, inFlight: 1e6 })).toBe(1);
    expect([1, 2, 3, 4, 5].map(() => after({ lag: 101 }))).toEqual([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16]);
    expect(after({ appendMs: 51 })).toBe(1 / 16);
    expect(after({ lag: 80 })).toBe(1 / 16);
    expect([1, 2, 3, 4, 5].map(() => after({ lag: 50 }))).toEqual([1 / 8, 1 / 4, 1 / 2, 1, 1]);
    sampling.told({ ...calm, lag: 101 });
    expect(sampling.rate()).toBe(1);
  });

  it.each([0, -1, 2, Number.NaN])("a least share of %s is refused", (least) => {
    expect(() => createSampling({ least }, () => T0)).toThrow(/ATTUNE_SERVICE_SAMPLING|smallest share/);
  });
});

describe("what is sampled", () => {
  it.each(PROTECTED)("%s is never", (name) => {
    expect(isSampleable(name)).toBe(false);
    const { sampling } = pressed(4);
    const given = events(
      Array.from({ length: 200 }, (_, i) => `e${i}`),
      name,
    );
    const kept = sampling.keep(given);
    expect(kept).toEqual(given);
    expect(kept.every(({ event }) => event.weight === undefined)).toBe(true);
  });

  it("is not what the host keeps", () => {
    const { sampling } = pressed(4);
    const given = events(["a", "b", "c", "d", "e", "f", "g", "h"], "Page Goal Reached");
    expect(sampling.keep(given)).toHaveLength(8);
  });

  it("hangs on the id alone: who tries again meets the same answer, and what is kept at one rate is kept at every higher one", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, maxLength: 20 })), (ids) => {
        const kept = [4, 3, 2, 1, 0].map((seconds) => {
          const { sampling } = pressed(seconds);
          const first = sampling.keep(events(ids)).map(({ event }) => event.id);
          expect(sampling.keep(events(ids)).map(({ event }) => event.id)).toEqual(first);
          return new Set(first);
        });
        kept.reduce((fewer, more) => {
          for (const id of fewer) expect(more).toContain(id);
          return more;
        });
        expect(kept[4]).toEqual(new Set(ids));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["counted up", (i: number) => `event-${i}`],
    [
      "of UUIDs",
      (i: number) =>
        `0192f3a4-${(i & 0xffff).toString(16).padStart(4, "0")}-7abc-8def-${i.toString(16).padStart(12, "0")}`,
    ],
  ])("is unbiased: weights add up to what there was, with ids %s", (_, idOf) => {
    for (const seconds of [1, 2, 3, 4]) {
      const n = 40_000;
      const { sampling } = pressed(seconds);
      const rate = sampling.rate();
      const kept = sampling.keep(events(Array.from({ length: n }, (_unused, i) => idOf(i))));
      const estimate = kept.reduce((sum, { event }) => sum + (event.weight ?? 1), 0);
      // Five standard deviations of a binomial estimate.
      expect(Math.abs(estimate - n)).toBeLessThan(5 * Math.sqrt((n * (1 - rate)) / rate));
      expect(kept.length).toBeLessThan(n * rate * 1.1);
    }
  });
});

describe("a service under load", () => {
  const batch = (from: number, n: number, name: string) =>
    Array.from({ length: n }, (_, i) =>
      sample({ id: `${name}-${from + i}`, name, visitorId: `v${(from + i) % 50}` }),
    );

  it("estimates what it leaves out, counts what it must exactly, and takes all again when the log is folded", async () => {
    const clock = createFakeClock(T0);
    const log: Log = memoryLog({ clock });
    let lag = 1000;
    const service = createPersonalizationService({
      stores: { hot: memoryStore({ clock }) },
      log: { ...log, lag: (group) => (lag > 0 ? Promise.resolve(lag) : log.lag(group)) },
      clock,
      sampling: { lag: 100 },
    });
    const send = async (from: number, n: number): Promise<number> => {
      clock.advance(1000);
      const hovers = await service.ingest(batch(from, n, HOVER));
      const orders = await service.ingest(batch(from, n, "Order Completed"));
      expect(hovers).toMatchObject({ accepted: n, withheld: 0, rejected: [] });
      expect(orders).toMatchObject({ accepted: n, sampled: 0 });
      return hovers.sampled;
    };
    let sent = 0;
    let sampled = 0;
    for (; sent < 8000; sent += 500) sampled += await send(sent, 500);
    expect(sampled).toBeGreaterThan(5000);
    lag = 0;
    await service.settled();
    const under = await service.summary();
    expect(under).toMatchObject({ estimated: true, conversions: { orders: 8000 } });
    expect(under.byName["Order Completed"]).toBe(8000);
    expect(Math.abs((under.byName[HOVER] ?? 0) - 8000)).toBeLessThan(5 * Math.sqrt(8000 * 15));
    for (let i = 0; i < 8; i++, sent += 10) await send(sent, 10);
    expect(await send(sent, 500)).toBe(0);
    // A weight that a client makes up does not count.
    const made = sample({ id: "made-up", name: HOVER, weight: 1000 });
    await service.settled();
    const before = (await service.summary()).byName[HOVER] ?? 0;
    await service.ingest([made]);
    await service.settled();
    expect((await service.summary()).byName[HOVER]).toBe(before + 1);
    await service.close();
  });

  it("takes a retry of what was kept for the duplicate it is, whatever the rate has come to", async () => {
    const clock = createFakeClock(T0);
    let slow = true;
    const hot = memoryStore({ clock });
    const service = createPersonalizationService({
      stores: {
        hot: {
          ...hot,
          async commit(...args) {
            if (slow) clock.advance(1000);
            return hot.commit(...args);
          },
        },
      },
      clock,
      sampling: { appendMs: 500 },
    });
    for (let i = 0; i < 3; i++) await service.ingest([sample({ id: `page-${i}` })]);
    const first = await service.ingest(batch(0, 50, HOVER));
    expect(first.sampled).toBeGreaterThan(0);
    slow = false;
    for (let i = 3; i < 12; i++) {
      clock.advance(1000);
      await service.ingest([sample({ id: `page-${i}` })]);
    }
    const again = await service.ingest(batch(0, 50, HOVER));
    expect(again).toMatchObject({ sampled: 0, duplicates: 50 - first.sampled });
    expect((await service.summary()).conflicts).toBe(0);
    await service.close();
  });

  it("leaves nothing out unless it is told to", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() } });
    expect(await service.ingest(batch(0, 100, HOVER))).toMatchObject({ accepted: 100, sampled: 0 });
    expect(await service.summary()).toMatchObject({ estimated: false, byName: { [HOVER]: 100 } });
    await service.close();
  });
});

describe("what weighs on the service", () => {
  it("is a batch until only its fold is waited for", async () => {
    const told: number[] = [];
    const sampling = { told: ({ inFlight }: { inFlight: number }) => void told.push(inFlight) };
    const clock = { now: () => 0 };
    const load = createLoad({ log: null, clock, report: expect.fail }, sampling as never);
    let folded = (): void => undefined;
    const waits = load.taking((rest) => {
      rest();
      rest();
      return new Promise<void>((resolve) => {
        folded = resolve;
      });
    });
    const works = load.taking(() => new Promise<void>((resolve) => setTimeout(resolve, 5)));
    await load.taking(() => Promise.resolve());
    folded();
    await Promise.all([waits, works]);
    await load.taking(() => Promise.resolve());
    expect(told).toEqual([1, 1, 2, 1]);
  });
});
