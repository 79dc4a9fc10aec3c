import { memoryStore } from "@attune/core/memory";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LEASE_MS, leaseTraining } from "./training-lease.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const clock = { now: () => Date.now() };
const ends = new AbortController();

function start() {
  const store = memoryStore({ clock });
  const reports: unknown[] = [];
  const told: string[] = [];
  const waiting = (who: string) => void told.push(who);
  const lease = (holder: string, signal: AbortSignal = ends.signal) =>
    leaseTraining({
      store,
      clock,
      holder,
      who: `process ${holder}`,
      signal,
      waiting,
      report: (error) => reports.push(error),
    });
  return { lease, store, reports, told };
}

describe("the lease of trainings", () => {
  it("is one process's, for as long as that works, and then another's", async () => {
    const { lease } = start();
    const first = await lease("one");
    let second: unknown = null;
    const waiting = lease("two").then((got) => (second = got));
    await vi.advanceTimersByTimeAsync(5 * LEASE_MS);
    expect(second).toBeNull();
    expect(first?.lost.aborted).toBe(false);
    await first?.end();
    await vi.advanceTimersByTimeAsync(3000);
    await waiting;
    expect(second).not.toBeNull();
  });

  it("is another's a minute after its process has died, which hears of it where it wakes up", async () => {
    const { lease, store } = start();
    const held = vi.spyOn(store, "put");
    const first = await lease("one");
    held.mockImplementation(() => Promise.reject(new Error("no network")));
    await vi.advanceTimersByTimeAsync(LEASE_MS);
    held.mockRestore();
    const second = await lease("two");
    expect(second).not.toBeNull();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(first?.lost.aborted).toBe(true);
    // Whoever has lost it ends nothing of the other's.
    await first?.end();
    let third: unknown = null;
    void lease("three").then((got) => (third = got));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(third).toBeNull();
    await second?.end();
  });

  it("says once who holds it to whoever waits", async () => {
    const { lease, told } = start();
    const first = await lease("one");
    void lease("two");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told).toEqual(["process one"]);
    await first?.end();
    await vi.advanceTimersByTimeAsync(3000);
    void lease("three");
    await vi.advanceTimersByTimeAsync(3000);
    expect(told).toEqual(["process one", "process two"]);
  });

  it("that another has taken in between is not ended by whoever had it", async () => {
    const { lease, store } = start();
    const first = await lease("one");
    const before = await store.get("_/models", "training");
    await store.delete("_/models", "training");
    await lease("two");
    await vi.advanceTimersByTimeAsync(16_000);
    // As it was just before the other took it.
    vi.spyOn(store, "get").mockResolvedValueOnce(before);
    await first?.end();
    expect((await store.get<{ holder: string }>("_/models", "training"))?.value.holder).toBe("two");
  });

  it("is waited for no longer than is wanted", async () => {
    const { lease } = start();
    await lease("one");
    const ending = new AbortController();
    const waiting = lease("two", ending.signal);
    await vi.advanceTimersByTimeAsync(10);
    ending.abort();
    expect(await waiting).toBeNull();
  });
});
