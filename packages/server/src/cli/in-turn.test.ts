import { memoryStore } from "@attune/core/memory";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { leaseTraining } from "../models/training-lease.js";
import { inTurn } from "./in-turn.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start() {
  const clock = { now: () => Date.now() };
  const store = memoryStore({ clock });
  const told: string[] = [];
  const say = (line: string): void => void told.push(line);
  const terminal = { out: say, err: say, status: () => {}, bold: String, dim: String };
  const report = (error: unknown): void => say(String(error));
  const other = new AbortController();
  return {
    ...{ told, store, parts: { store, clock, report, terminal } },
    hold: () =>
      leaseTraining({
        ...{ store, clock, report, holder: "other", who: "a server", signal: other.signal },
      }),
    held: async () => (await store.get<{ who: string }>("_/models", "training"))?.value.who ?? null,
  };
}

describe("a training by hand", () => {
  it("waits while another trains, says for whom, and has its turn then", async () => {
    const { parts, hold, held, told } = start();
    const other = await hold();
    const seen: unknown[] = [];
    const done = inTurn(parts, async () => seen.push(await held()));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen).toEqual([]);
    expect(told).toEqual(["Another training is under way (a server); this one waits for its turn."]);
    await other?.end();
    await vi.advanceTimersByTimeAsync(3000);
    await done;
    expect(seen).toEqual([`attune train, process ${process.pid}`]);
    expect(await held()).toBeNull();
  });

  it("gives its turn back where it fails or is interrupted, while it trains and while it waits", async () => {
    const { parts, hold, held } = start();
    await expect(inTurn(parts, () => Promise.reject(new Error("too few")))).rejects.toThrow("too few");
    expect(await held()).toBeNull();
    const interrupted = { code: "ATTUNE_SERVER_TRAINING_ENDED" };
    const training = inTurn(
      parts,
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
    );
    const ended = expect(training).rejects.toMatchObject(interrupted);
    await vi.advanceTimersByTimeAsync(100);
    process.emit("SIGINT");
    await ended;
    expect(await held()).toBeNull();
    await hold();
    const waiting = expect(inTurn(parts, async () => "never")).rejects.toMatchObject(interrupted);
    await vi.advanceTimersByTimeAsync(100);
    process.emit("SIGINT");
    await waiting;
    expect(await held()).toBe("a server");
  });
});
