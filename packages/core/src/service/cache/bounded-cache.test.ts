import { describe, expect, it } from "vitest";
import { createBoundedCache } from "./bounded-cache.js";

describe("createBoundedCache", () => {
  it("keeps what was used lately and never more than twice its size", () => {
    const cache = createBoundedCache<number>(10);
    for (let i = 0; i < 1000; i++) {
      cache.set(`k${i}`, i);
      expect(cache.get("k0")).toBe(0);
    }
    let held = 0;
    for (let i = 0; i < 1000; i++) if (i < 980 && i > 0 && cache.get(`k${i}`) !== undefined) held++;
    expect(held).toBe(0);
  });

  it("forgets one, or all", () => {
    const cache = createBoundedCache<number>(2);
    for (const [i, key] of ["a", "b", "c"].entries()) cache.set(key, i);
    cache.delete("a");
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([undefined, 1, 2]);
    cache.clear();
    expect(cache.get("c")).toBeUndefined();
  });
});
