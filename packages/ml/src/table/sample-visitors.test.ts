import { describe, expect, it } from "vitest";
import { sampleVisitors } from "./sample-visitors.js";

function drawn(visitors: number, most: number, seed: number, rowsOf = (_: number) => 2) {
  const sample = sampleVisitors<number>({ most, seed });
  for (let v = 0; v < visitors; v++) sample.add(new Array<number>(rowsOf(v)).fill(v));
  return sample.drawn();
}

describe("sampleVisitors", () => {
  it("takes all where there is room, in their order", () => {
    const { kept, seen } = drawn(50, 100, 1);
    expect(kept.map(([v]) => v)).toEqual(Array.from({ length: 50 }, (_, v) => v));
    expect(seen).toBe(100);
  });

  it("takes whole visitors, as many as there is room for, and the same ones again", () => {
    const { kept, seen } = drawn(5000, 400, 7);
    expect(seen).toBe(10_000);
    expect(kept).toHaveLength(200);
    expect(kept.every((own) => own.length === 2 && own[0] === own[1])).toBe(true);
    const order = kept.map(([v]) => v as number);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(drawn(5000, 400, 7)).toEqual({ kept, seen });
    expect(drawn(5000, 400, 8).kept).not.toEqual(kept);
  });

  it("takes each as likely as any other, whenever it came", () => {
    const times = new Array<number>(40).fill(0);
    const runs = 4000;
    for (let seed = 1; seed <= runs; seed++)
      for (const [v] of drawn(40, 20, seed).kept) times[v as number] = (times[v as number] ?? 0) + 1;
    // A quarter of the runs each; five standard deviations of a binomial.
    const allowed = 5 * Math.sqrt(runs * 0.25 * 0.75);
    for (const count of times) expect(Math.abs(count - runs / 4)).toBeLessThan(allowed);
  });

  it("leaves out who alone has more rows than there is room for, and counts them", () => {
    const { kept, seen } = drawn(10, 30, 1, (v) => (v === 3 ? 31 : 2));
    expect(kept.map(([v]) => v)).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
    expect(seen).toBe(49);
  });
});
