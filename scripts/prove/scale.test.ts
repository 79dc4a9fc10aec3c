import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { limits, model, updated } from "../../benchmarks/scale.mjs";

const page = readFileSync(new URL("../../docs/scale.md", import.meta.url), "utf8");

describe("the arithmetic of scale", () => {
  it("is what docs/scale.md shows: cure with `node benchmarks/scale.mjs --write`", () => {
    expect(page).toBe(updated(page));
  });

  it("grows with the load", () => {
    const [small, large] = [10_000, 1_000_000].map((events) => model({ events, sockets: events / 10 }));
    for (const part of ["door", "fold"] as const)
      expect(large[part].cores / small[part].cores).toBeCloseTo(100);
    expect(large.kafka.brokers).toBeGreaterThan(small.kafka.brokers);
    expect(large.redis.asBuilt).toBeGreaterThan(large.redis.withIds);
  });

  it("names what breaks first first", () => {
    const rates = limits().map(({ at }) => at);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect(rates.every((rate) => rate > 0)).toBe(true);
  });
});
