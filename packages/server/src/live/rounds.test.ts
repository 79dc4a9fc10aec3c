import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRounds } from "./rounds.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("rounds of work that is worth doing together", () => {
  it("are done at once, and once for all who ask while one lasts or rests", () => {
    const done: number[] = [];
    let parts = 0;
    const rounds = createRounds({
      part() {
        parts += 1;
        if (parts % 3 !== 0) return true;
        done.push(Date.now());
        return false;
      },
      restMs: () => 100,
    });
    rounds.ask();
    rounds.ask();
    vi.advanceTimersByTime(10);
    rounds.ask();
    vi.advanceTimersByTime(40);
    rounds.ask();
    expect(done).toHaveLength(1);
    vi.advanceTimersByTime(300);
    expect(done).toHaveLength(2);
    const [first = 0, second = 0] = done;
    expect(second - first).toBeGreaterThanOrEqual(100);
    // Nobody has asked since: the next is done at once again.
    rounds.ask();
    vi.advanceTimersByTime(10);
    expect(done).toHaveLength(3);
    rounds.ask();
    rounds.close();
    vi.advanceTimersByTime(300);
    expect(parts).toBe(9);
  });

  it("serve who asks in the middle of one in another", () => {
    const seen: string[] = [];
    let state = "first";
    const rounds = createRounds({
      part() {
        seen.push(state);
        return seen.length === 1;
      },
      restMs: () => 0,
    });
    rounds.ask();
    vi.advanceTimersToNextTimer();
    state = "second";
    rounds.ask();
    vi.advanceTimersByTime(10);
    expect(seen).toEqual(["first", "second", "second"]);
  });
});
