import { describe, expect, it } from "vitest";
import { lazily } from "./lazily.js";

describe("what is made when it is first needed", () => {
  /** Numbers, which are made when `finish` is called. */
  function numbers() {
    const ended: number[] = [];
    const waiting: (() => void)[] = [];
    let made = 0;
    const make = async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return ++made;
    };
    const finish = () => {
      for (const resolve of waiting.splice(0)) resolve();
    };
    return { one: lazily(make, async (number) => void ended.push(number)), finish, ended };
  }

  it("is made once, and again when it was let go of", async () => {
    const { one, finish, ended } = numbers();
    const both = Promise.all([one.get(), one.get()]);
    finish();
    expect(await both).toEqual([1, 1]);
    one.drop(1);
    const next = one.get();
    finish();
    expect(await next).toBe(2);
    one.drop(1);
    await one.close();
    expect(ended).toEqual([1, 2]);
  });

  it("is ended where it is still being made, and not made any more from then on", async () => {
    const { one, finish, ended } = numbers();
    const before = one.get();
    const closing = one.close();
    const meanwhile = one.get();
    finish();
    await expect(meanwhile).rejects.toMatchObject({ code: "ATTUNE_LOG_CLOSED" });
    expect(await before).toBe(1);
    await closing;
    const after = one.get();
    finish();
    await expect(after).rejects.toMatchObject({ code: "ATTUNE_LOG_CLOSED" });
    expect(ended).toEqual([1]);
  });
});
