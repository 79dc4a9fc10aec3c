import type { Event } from "@attune/core";
import { describe, expect, it } from "vitest";
import { createRoster, type EventFrame } from "./roster.js";

const MINUTE = 60_000;

function start() {
  let now = Date.UTC(2026, 10, 25, 12);
  let made = 0;
  const frameOf = ({ visitorId, name, context }: Event): EventFrame => {
    made += 1;
    const event = { visitor: visitorId, eventType: name };
    return { type: "behavioral_event", simulated: context.simulated === true, event } as EventFrame;
  };
  const event = (visitorId: string, name: string): Event =>
    ({ visitorId, name, context: { simulated: visitorId.startsWith("sim-") } }) as unknown as Event;
  const roster = createRoster({ clock: { now: () => now }, frameOf });
  return {
    roster,
    keep: (visitor: string, name = "Page Viewed") => roster.keep(event(visitor, name)),
    show: (visitor: string, name = "Page Viewed") => roster.show(frameOf(event(visitor, name)), null),
    seen: () => roster.visitors(null).map(({ event: { visitor, eventType } }) => `${visitor} ${eventType}`),
    later: (ms: number) => void (now += ms),
    made: () => made,
  };
}

describe("who is here", () => {
  it("is the latest of each visitor, watched or not, of the last five minutes, who came last at the end", () => {
    const { keep, show, seen, later, made } = start();
    keep("ada");
    later(MINUTE);
    keep("bo");
    keep("ada", "Product Viewed");
    expect(made()).toBe(0);
    expect(seen()).toEqual(["bo Page Viewed", "ada Product Viewed"]);
    later(4 * MINUTE);
    show("cy");
    expect(seen()).toEqual(["bo Page Viewed", "ada Product Viewed", "cy Page Viewed"]);
    later(MINUTE);
    expect(seen()).toEqual(["cy Page Viewed"]);
    expect(made()).toBe(4);
  });

  it("is bounded, and a simulated population takes no real visitor's place", () => {
    const { keep, seen, made } = start();
    keep("ada");
    for (let n = 0; n < 5000; n++) keep(`sim-${n}`);
    const visitors = seen();
    expect(visitors).toHaveLength(51);
    expect(visitors[0]).toBe("ada Page Viewed");
    expect(visitors.at(-1)).toBe("sim-4999 Page Viewed");
    expect(made()).toBe(251);
  });

  it("has the latest where one event was kept before another was shown, and a clock put back shows nobody who left", () => {
    const { keep, show, seen, later } = start();
    keep("ada", "Page Viewed");
    show("ada", "Product Viewed");
    expect(seen()).toEqual(["ada Product Viewed"]);
    show("bo");
    later(-1000);
    keep("ada", "Order Completed");
    expect(seen()).toEqual(["bo Page Viewed", "ada Order Completed"]);
    later(-60 * MINUTE);
    show("cy");
    expect(seen()).toEqual(["cy Page Viewed"]);
  });

  it("drops who was seen longest ago, also where others were kept before the last was shown", () => {
    const { keep, show, seen } = start();
    show("ada");
    for (let n = 0; n < 50; n++) keep(`kept-${n}`);
    show("bo");
    expect(seen()).toHaveLength(50);
    expect(seen().at(-1)).toMatch(/^bo /);
    expect(seen()[0]).toMatch(/^kept-1 /);
  });

  it("holds nothing of who is forgotten, shown or kept", () => {
    const { roster, keep, show, seen } = start();
    for (const visitor of ["ada", "bo", "cy"]) {
      show(visitor);
      keep(visitor, "Product Viewed");
    }
    roster.forget("ada");
    expect(seen()).toEqual(["bo Product Viewed", "cy Product Viewed"]);
    keep("bo");
    roster.forget(null);
    expect(seen()).toEqual([]);
  });
});
