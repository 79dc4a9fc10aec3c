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
  const lease = (holder: string, signal: AbortSignal = ends.signal) =>
    leaseTraining({ store, clock, holder, signal, report: (error) => reports.push(error) });
  return { lease, store, reports };
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
