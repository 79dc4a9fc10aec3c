import { describe, expect, it } from "vitest";
import { watchWriters } from "./writers.js";

/** A handle whose threads are told of by hand. */
function byHand() {
  const threads: ((status: number) => unknown)[] = [];
  const env = {
    startWriting: (_address: number, progress: (status: number) => unknown): unknown =>
      threads.push(progress),
  };
  const untilEnded = watchWriters({ env } as unknown as Parameters<typeof watchWriters>[0]);
  const begin = (progress: (status: number) => unknown = () => undefined) => {
    env.startWriting(0, progress);
    return threads.at(-1) as (status: number) => unknown;
  };
  return { untilEnded, begin };
}

const isThere = async (promise: Promise<void>): Promise<boolean> => {
  let there = false;
  void promise.then(() => {
    there = true;
  });
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  return there;
};

describe("threads that write", () => {
  it("are waited for until each has ended, committed or failed, and what they ask is answered", async () => {
    const { untilEnded, begin } = byHand();
    expect(await isThere(untilEnded())).toBe(true);
    const first = begin((status) => status * 10);
    const second = begin(() => {
      throw new Error("what lmdb does with it is its own");
    });
    const ended = untilEnded();
    expect([first(2), first(1)]).toEqual([20, 10]);
    expect(await isThere(ended)).toBe(false);
    first(0);
    expect(await isThere(ended)).toBe(false);
    expect(() => second(28)).toThrow("its own");
    expect(await isThere(ended)).toBe(true);
    begin();
    expect(await isThere(untilEnded())).toBe(false);
  });

  it("are not waited for where another version of lmdb does not tell of them", async () => {
    for (const env of [undefined, {}]) expect(await isThere(watchWriters({ env } as never)())).toBe(true);
  });
});
