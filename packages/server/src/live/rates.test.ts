import { describe, expect, it } from "vitest";
import { createRates } from "./rates.js";

const HOUR = 3_600_000;

describe("what is going on right now", () => {
  it("is not what went on before the clock was put back", () => {
    let now = Date.UTC(2026, 10, 25, 12);
    const rates = createRates({ now: () => now });
    for (const visitor of ["ada", "bo"]) rates.count("shop", visitor, false);
    now -= 5000;
    expect(rates.figures("shop")).toMatchObject({ eventsLastMinute: 2, activeVisitors: 2 });
    now -= HOUR;
    rates.count("shop", "cy", true);
    expect(rates.figures("shop")).toMatchObject({
      eventsLastMinute: 1,
      simulatedEventsLastMinute: 1,
      activeVisitors: 1,
      simulatedVisitors: 1,
    });
  });

  it("is told of each site apart, and of nobody who is forgotten", () => {
    const now = Date.UTC(2026, 10, 25, 12);
    const rates = createRates({ now: () => now });
    for (const site of ["shop", "blog"])
      for (const visitor of ["ada", "bo"]) rates.count(site, visitor, false);
    rates.forget("shop", "ada");
    expect(rates.figures("shop")).toMatchObject({ eventsLastMinute: 2, activeVisitors: 1 });
    rates.forget("shop", null);
    expect(rates.figures("shop").activeVisitors).toBe(0);
    expect(rates.figures("blog").activeVisitors).toBe(2);
  });
});
