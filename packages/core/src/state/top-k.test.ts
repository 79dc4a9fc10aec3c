import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countLabel, top } from "./top-k.js";
import type { TopK } from "./types.js";

const count = (labels: string[]) => labels.reduce<TopK>(countLabel, { labels: [], counts: [] });

describe("Space-Saving table", () => {
  it("keeps every label above a sixth, and counts that sum to the stream", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(..."aaaaabbbccdefghijklmnop__proto__".split("")), { maxLength: 200 }),
        (stream) => {
          const table = count(stream);
          expect(table.labels.length).toBe(Math.min(6, new Set(stream).size));
          expect(new Set(table.labels).size).toBe(table.labels.length);
          expect(table.counts.reduce((sum, n) => sum + n, 0)).toBe(stream.length);
          for (const label of new Set(stream)) {
            const times = stream.filter((other) => other === label).length;
            if (times > stream.length / 6) expect(table.labels).toContain(label);
            const at = table.labels.indexOf(label);
            if (at >= 0) expect(table.counts[at]).toBeGreaterThanOrEqual(times);
          }
        },
      ),
    );
  });

  it("names the most frequent", () => {
    expect(top(count(["a", "b", "b", "c"]))).toEqual({ label: "b", share: 0.5 });
    expect(top(count([]))).toEqual({ label: null, share: 0 });
  });
});
