import type { Event } from "@attune/core";
import { describe, expect, it } from "vitest";
import { createTallies } from "./tallies.js";

const clock = { now: () => Date.UTC(2026, 10, 25, 12) };
const event = (visitorId: string, name: string, properties: Record<string, unknown> = {}): Event =>
  ({
    site: "default",
    visitorId,
    sessionId: `${visitorId}-1`,
    name,
    properties,
    consent: { purposes: ["analytics"] },
  }) as unknown as Event;
const exposed = (visitorId: string, variant: string): Event =>
  event(visitorId, "Variant Exposed", { experiment: "buy", variant });

describe("figures of real and simulated visitors", () => {
  it("are kept apart, each as the durable counts would have it", () => {
    const tallies = createTallies(clock);
    for (const [visitor, simulated] of [
      ["ada", false],
      ["sim-1", true],
      ["sim-2", true],
    ] as const) {
      tallies.event(exposed(visitor, "plain"), simulated);
      tallies.event(exposed(visitor, "plain"), simulated);
    }
    // Later variants are seen, but an order counts for the first.
    tallies.event(exposed("ada", "returns"), false);
    tallies.event(event("ada", "Order Completed", { revenue: 20.5 }), false);
    tallies.event(event("ada", "Order Completed", { revenue: 10 }), false);
    tallies.segments("default", "sim-2", ["researchers"]);
    expect(tallies.figures("default")).toEqual({
      since: "2026-11-25T12:00:00.000Z",
      real: {
        events: 5,
        visitors: 1,
        sessions: { given: 1, derived: 0 },
        conversions: { sessions: 1, orders: 2, revenue: 30.5 },
        segments: {},
        experiments: {
          buy: { plain: { exposures: 1, conversions: 1 }, returns: { exposures: 1, conversions: 0 } },
        },
      },
      simulated: {
        events: 4,
        visitors: 2,
        sessions: { given: 2, derived: 0 },
        conversions: { sessions: 0, orders: 0, revenue: 0 },
        segments: { researchers: null },
        experiments: { buy: { plain: { exposures: 2, conversions: 0 } } },
      },
    });
  });

  it("count nothing that analytics does not cover, and lose who is erased", () => {
    const tallies = createTallies(clock);
    const uncovered = {
      ...event("a", "Page Viewed"),
      consent: { purposes: ["personalization"], policyVersion: null },
    } as Event;
    tallies.event(uncovered, false);
    expect(tallies.figures("default").real.visitors).toBe(0);
    tallies.event(exposed("a", "plain"), false);
    tallies.event(exposed("b", "plain"), false);
    tallies.forget("default", "a");
    expect(tallies.figures("default").real).toMatchObject({
      visitors: 1,
      experiments: { buy: { plain: { exposures: 1 } } },
    });
    expect(tallies.segmentsOf("default", "a")).toBeNull();
    tallies.forget("default", null);
    expect(tallies.figures("default").real).toMatchObject({ visitors: 0, experiments: {} });
  });

  it("tell no size of a segment in which few are real, nor one from which that would follow", () => {
    const tallies = createTallies(clock);
    const enter = (visitor: string, segment: string, simulated: boolean): void => {
      tallies.event(exposed(visitor, "plain"), simulated);
      tallies.segments("default", visitor, [segment]);
    };
    for (let n = 0; n < 20; n++) enter(`real-${n}`, "many", false);
    for (let n = 0; n < 19; n++) enter(`few-${n}`, "few", false);
    for (let n = 0; n < 5; n++) enter(`sim-${n}`, "many", true);
    for (let n = 0; n < 30; n++) enter(`other-sim-${n}`, "few", true);
    const { real, simulated } = tallies.figures("default");
    expect(real.segments).toEqual({ many: 20, few: null });
    expect(simulated.segments).toEqual({ many: 5, few: null });
  });

  it("stay bounded, whatever names a client makes up", () => {
    const tallies = createTallies(clock);
    for (let n = 0; n < 500; n++) {
      const properties = { experiment: `e${n}`, variant: "a" };
      tallies.event(event("a", "Variant Exposed", properties), false);
      tallies.event(exposed("b", `v${n}`), false);
    }
    const { experiments } = tallies.figures("default").real;
    expect(Object.keys(experiments)).toHaveLength(50);
    for (let n = 0; n < 20_001; n++) tallies.event(event(`v${n}`, "Page Viewed"), false);
    expect(tallies.figures("default").real.visitors).toBe(20_000);
  });
});
