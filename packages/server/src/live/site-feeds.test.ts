import type { Event } from "@attune/core";
import { streamOf } from "@attune/server-adapters/node";
import { describe, expect, it } from "vitest";
import type { Aside } from "./chunks.js";
import { createSiteFeeds, TURNS } from "./site-feeds.js";

describe("the streams of a site", () => {
  it("each hear a ping once in all turns, unless they heard a frame, and those of single subjects not all in one", async () => {
    const feeds = createSiteFeeds({
      clock: { now: () => 0 },
      visitors: () => ({ type: "visitors" }) satisfies Aside,
    });
    const heard = new Map<string, number[]>();
    let turn = 0;
    for (const name of ["whole", "a", "b", "c"]) {
      const subject = name === "whole" ? null : ({ kind: "session", name } as const);
      const reader = streamOf(feeds.open({ subject, lastEventId: null, active: () => true })).getReader();
      heard.set(name, []);
      void (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          if (new TextDecoder().decode(value).includes("event: ping")) heard.get(name)?.push(turn);
        }
      })();
    }
    const go = async (rounds: number): Promise<void> => {
      for (const end = turn + rounds * TURNS; turn < end; turn++) {
        feeds.tend(turn);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await go(1);
    expect([...heard.values()].every((turns) => turns.length === 1)).toBe(true);
    expect(heard.get("whole")).toEqual([0]);
    expect(new Set(["a", "b", "c"].flatMap((name) => heard.get(name))).size).toBe(3);
    // Who was sent a frame knows that the stream is alive, until the round after.
    const event = { id: "1", visitorId: "v", sessionId: "b", userId: null } as unknown as Event;
    for (const feed of feeds.of({ type: "event", site: "s", event })) feed.push({ type: "gap" }, null);
    await go(1);
    expect(Array.from(heard.values(), (turns) => turns.length)).toEqual([2, 2, 1, 2]);
    await go(1);
    expect(Array.from(heard.values(), (turns) => turns.length)).toEqual([3, 3, 2, 3]);
    feeds.close();
  });

  it("end within ten turns of their credential, a tenth of them with each", () => {
    const feeds = createSiteFeeds({ clock: { now: () => 0 }, visitors: () => ({ type: "visitors" }) });
    let holds = true;
    for (let number = -1; number < 100; number++) {
      const subject = number < 0 ? null : ({ kind: "session", name: `s${number}` } as const);
      feeds.open({ subject, lastEventId: null, active: () => holds });
    }
    const readersAfter = (turn: number): number => {
      feeds.tend(turn);
      return feeds.readers;
    };
    expect(readersAfter(7)).toBe(101);
    holds = false;
    const left = Array.from({ length: 10 }, (_, turn) => readersAfter(40 + turn));
    expect(left).toEqual([90, 80, 70, 60, 50, 40, 30, 20, 10, 0]);
    feeds.close();
  });

  it("of a single subject hold little, and cut off who falls behind by more than that", async () => {
    const feeds = createSiteFeeds({
      clock: { now: () => 0 },
      visitors: () => ({ type: "visitors" }) satisfies Aside,
    });
    const subject = { kind: "user", name: "u" } as const;
    const reader = streamOf(feeds.open({ subject, lastEventId: null, active: () => true })).getReader();
    const place = /^id: (.*)$/m.exec(new TextDecoder().decode((await reader.read()).value))?.[1] as string;
    const [feed] = feeds.of({ type: "gap" });
    const behind = reader.read();
    const push = (): void => feed?.push({ type: "ruleset", version: "x".repeat(1000) }, null);
    push();
    await behind;
    for (let count = 0; count < 140; count++) push();
    await expect(reader.closed).rejects.toThrow("keep up");
    expect(feeds.open({ subject, lastEventId: place, active: () => true }).greeting).toBe("gap");
    feeds.close();
  });

  it("show a gap after an erasure to those alone who may have shown the erased visitor", async () => {
    const feeds = createSiteFeeds({
      clock: { now: () => 0 },
      visitors: () => ({ type: "visitors" }) satisfies Aside,
    });
    const subjects = [
      null,
      { kind: "visitor", name: "erased" },
      { kind: "visitor", name: "other" },
      { kind: "segments", name: "erased" },
      { kind: "segments", name: "other" },
      { kind: "session", name: "s" },
      { kind: "user", name: "u" },
    ] as const;
    const active = () => true;
    const places = await Promise.all(
      subjects.map(async (subject) => {
        const { value } = await streamOf(feeds.open({ subject, lastEventId: null, active }))
          .getReader()
          .read();
        return /^id: (.*)$/m.exec(new TextDecoder().decode(value))?.[1] as string;
      }),
    );
    const told = feeds.of({ type: "erased", site: "s", visitor: "erased" });
    const others = feeds.of({ type: "gap" }).filter((feed) => !told.includes(feed));
    expect([told.length, others.length]).toEqual([5, 2]);
    feeds.forget("erased");
    const greetings = () =>
      subjects.map((subject, n) => feeds.open({ subject, lastEventId: places[n] ?? null, active }).greeting);
    expect(greetings()).toEqual(["gap", "gap", "resumed", "gap", "resumed", "gap", "gap"]);
    feeds.forget(null);
    expect(greetings()).toEqual(subjects.map(() => "gap"));
    feeds.close();
  });
});
