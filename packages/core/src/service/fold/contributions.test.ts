import { describe, expect, it } from "vitest";
import { parseEvent } from "../../events/index.js";
import type { Event } from "../../events/types.js";
import type { Memberships } from "../../segments/types.js";
import { fold, initialState } from "../../state/index.js";
import { sample, T0 } from "../service.test.suite.js";
import { contributions } from "./contributions.js";

function event(over: Record<string, unknown>): Event {
  const parsed = parseEvent(sample(over), { site: "default", receivedAt: T0, sentAt: null } as never);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

describe("what one visitor adds to the counters", () => {
  it("is at most 256 counters, whatever comes in whatever order", () => {
    const segments = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`s${i}`, { since: T0 }]));
    const events = [
      ...Array.from({ length: 150 }, (_, i) =>
        event({
          id: `x${i}`,
          name: "Variant Exposed",
          properties: { experiment: `e${i}`, variant: "a", slot: "s" },
        }),
      ),
      ...Array.from({ length: 100 }, (_, i) => event({ id: `n${i}`, name: `Custom ${i}` })),
      event({ id: "o", name: "Order Completed", properties: { revenue: 5 } }),
      event({ id: "d", sessionId: undefined, name: "Order Completed", properties: { revenue: 5 } }),
    ];
    let before: Parameters<typeof contributions>[0] = null;
    for (const one of events) {
      const counting = contributions(before);
      counting.conflict();
      counting.add(one, fold(initialState(), one), segments as unknown as Memberships);
      before = counting.result();
      expect(Object.keys(before.counts).length).toBeLessThanOrEqual(256);
    }
    const names = Object.keys(before?.counts ?? {});
    // Every exposure that is counted can have its conversion.
    const of = (kind: string): string[] =>
      names.filter((name) => name.startsWith(`${kind}/`)).map((name) => name.slice(kind.length));
    expect(of("exposed").length).toBeGreaterThan(10);
    expect(of("converted").sort()).toEqual(of("exposed").sort());
  });
});
