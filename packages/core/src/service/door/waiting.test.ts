import { describe, expect, it } from "vitest";
import { sleep } from "../tools/platform.js";
import { createWaiting } from "./waiting.js";

describe("waiting for the fold", () => {
  it("gives the outcomes in the order of the entries, as soon as all are known", async () => {
    const waiting = createWaiting("a/b");
    const [one, other] = [waiting.expect(3), waiting.expect(1)];
    waiting.tell(one.token(2), "duplicate");
    waiting.tell(other.token(0), "erased");
    waiting.tell(one.token(0), "folded");
    waiting.tell(one.token(1), "conflict");
    expect(await one.outcomes(60_000)).toEqual(["folded", "conflict", "duplicate"]);
    expect(await other.outcomes(60_000)).toEqual(["erased"]);
  });

  it("waits no longer than asked for; the first time an entry is told of counts", async () => {
    const waiting = createWaiting("a");
    const expected = waiting.expect(2);
    waiting.tell(expected.token(0), "folded");
    waiting.tell(expected.token(0), "duplicate");
    expect(await expected.outcomes(5)).toEqual(["folded", "pending"]);
    expected.forget();
    waiting.tell(expected.token(1), "folded");
    expect(await expected.outcomes(5)).toEqual(["folded", "pending"]);
  });

  it("waits as long as timers can where it is asked to wait longer, and not at all for what is no time", async () => {
    const waiting = createWaiting("a");
    for (const ms of [Number.POSITIVE_INFINITY, 1e308, 2 ** 31]) {
      const expected = waiting.expect(1);
      const outcomes = expected.outcomes(ms);
      await sleep(20);
      waiting.tell(expected.token(0), "folded");
      expect(await outcomes).toEqual(["folded"]);
    }
    for (const ms of [Number.NaN, -1, -0]) expect(await waiting.expect(1).outcomes(ms)).toEqual(["pending"]);
  });

  it("takes no notice of tokens of other services, or of none", () => {
    const waiting = createWaiting("a");
    const expected = waiting.expect(1);
    const stranger = createWaiting("b").expect(1).token(0);
    for (const token of [stranger, "", "a", "a/1", "a/1/x", "a/1/9"]) waiting.tell(token, "folded");
    return expect(expected.outcomes(5)).resolves.toEqual(["pending"]);
  });
});
