import { streamOf } from "@attune/server-adapters/node";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createFeed, type Feed } from "./feed.js";
import type { LiveFrame } from "./frames.js";
import { READER_BUFFER } from "./serving.js";

const clock = { now: () => Date.UTC(2026, 10, 25, 12) };
const visitors = () => ({ type: "visitors" }) as const;
const open: Feed[] = [];
const newFeed = (): Feed => {
  const feed = createFeed({ clock, window: 2 << 20, visitors });
  open.push(feed);
  return feed;
};
afterEach(() => {
  for (const feed of open.splice(0)) feed.close();
  vi.useRealTimers();
});

type Chunk = ReadableStreamReadResult<Uint8Array>;
type BodyReader = ReadableStreamDefaultReader<Uint8Array>;
const opened = (feed: Feed, lastEventId: string | null = null): BodyReader =>
  streamOf(feed.open({ lastEventId, active: () => true })).getReader();
const frame = (version: string): LiveFrame => ({ type: "ruleset", version });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const versionsOf = (text: string): string[] =>
  [...text.matchAll(/"version":"(\w+)/g)].map(([, version]) => version as string);

/** What comes until nothing more does. */
async function drained(reader: BodyReader, pending: Promise<Chunk>[]): Promise<string> {
  let text = "";
  for (;;) {
    const next = pending.shift() ?? reader.read();
    const found = await Promise.race([next, sleep(5).then(() => null)]);
    if (found === null) {
      pending.push(next);
      return text;
    }
    text += textOf(found.value);
  }
}

describe("a reader that comes back", () => {
  const idOf = (text: string): string => [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
  const greeted = async (reader: BodyReader): Promise<string> => textOf((await reader.read()).value);

  it("misses nothing, though it had only been greeted", async () => {
    const feed = newFeed();
    feed.open({ lastEventId: null, active: () => true });
    for (const before of [[], ["early"]]) {
      for (const version of before) feed.push(frame(version), null);
      const reader = opened(feed);
      const id = idOf(await greeted(reader));
      await reader.cancel();
      feed.push(frame(`missed${before.length}`), null);
      const back = await drained(opened(feed, id), []);
      expect(back).not.toContain("event: gap");
      expect(versionsOf(back)).toEqual([`missed${before.length}`]);
    }
  });

  it("is told of the gap once, not each time until the next frame", async () => {
    const feed = newFeed();
    feed.push(frame("early"), null);
    const reader = opened(feed, "elsewhere.7");
    const text = await greeted(reader);
    expect(text).toContain("event: gap");
    await reader.cancel();
    expect(await drained(opened(feed, idOf(text)), [])).not.toContain("event: gap");
  });

  it("misses nothing after an erasure that it came after", async () => {
    const feed = newFeed();
    feed.push(frame("early"), "ada");
    feed.forget("ada");
    const reader = opened(feed);
    const id = idOf(await greeted(reader));
    await reader.cancel();
    feed.push(frame("missed"), null);
    expect(await drained(opened(feed, id), [])).toMatch(/^(?![^]*event: gap)[^]*missed/);
  });

  it("hears of an erasure, though nothing had come before it", async () => {
    const feed = newFeed();
    const reader = opened(feed);
    const id = idOf(await greeted(reader));
    await reader.cancel();
    feed.forget("ada");
    expect(await drained(opened(feed, id), [])).toMatch(/event: gap[^]*event: visitors/);
  });

  it("is told of a gap after nobody watched for a while, though the clock is put back since", async () => {
    let now = 1e12;
    const feed = createFeed({ clock: { now: () => now }, window: 2 << 20, visitors });
    open.push(feed);
    const reader = opened(feed);
    const id = idOf(await greeted(reader));
    await reader.cancel();
    now += 61_000;
    expect(feed.watched).toBe(false);
    now -= 10_000;
    expect(await drained(opened(feed, id), [])).toContain("event: gap");
  });

  it("costs nothing for longer than a minute, though the clock is put back", async () => {
    let now = 1e12;
    const feed = createFeed({ clock: { now: () => now }, window: 2 << 20, visitors });
    open.push(feed);
    await opened(feed).cancel();
    expect(feed.watched).toBe(true);
    now -= 3_600_000;
    expect(feed.watched).toBe(false);
  });
});

describe("frames on their way to many readers", () => {
  it("are made into bytes once, and what comes together is one chunk, the same for all", async () => {
    const feed = newFeed();
    const readers = Array.from({ length: 20 }, () => opened(feed));
    await Promise.all(readers.map((reader) => reader.read()));
    const waiting = readers.map((reader) => reader.read());
    await turn();
    feed.push(frame("a"), null);
    feed.push(frame("b"), null);
    feed.tell("ping", () => ({ type: "ping" }));
    const chunks = await Promise.all(waiting);
    expect(new Set(chunks.map(({ value }) => value)).size).toBe(1);
    expect(textOf(chunks[0]?.value)).toMatch(/"version":"a"[^]*"version":"b"[^]*event: ping/);
  });

  it("come at once where they are rare, and together where there are many readers and little time", async () => {
    vi.useFakeTimers();
    const feed = newFeed();
    const readers = Array.from({ length: 400 }, () => opened(feed));
    await Promise.all(readers.map((reader) => reader.read()));
    const got: string[][] = [];
    const taking = readers.map(async (reader) => {
      for (let n = 0; n < 2; n++) {
        const { value } = await reader.read();
        if (reader === readers.at(-1)) got.push(versionsOf(textOf(value)));
      }
    });
    feed.push(frame("first"), null);
    await vi.advanceTimersByTimeAsync(5);
    expect(got).toEqual([["first"]]);
    for (const version of ["second", "third", "fourth"]) {
      feed.push(frame(version), null);
      await vi.advanceTimersByTimeAsync(2);
    }
    expect(got).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20);
    await Promise.all(taking);
    expect(got[1]).toEqual(["second", "third", "fourth"]);
  });

  it("wait where all share them, up to 1 MiB; who has not taken that much is cut off and can tell (T12)", async () => {
    const feed = newFeed();
    const [slow, quick] = [opened(feed), opened(feed)];
    await Promise.all([slow.read(), quick.read()]);
    const frames = Math.ceil(READER_BUFFER / 1000);
    let got = "";
    const taking = (async () => {
      while (!got.includes('"version":"last"')) got += textOf((await quick.read()).value);
    })();
    for (let n = 0; n < frames; n++) {
      feed.push(frame(`n${n}`.padEnd(1000, "x")), null);
      if (n % 50 === 0) await turn();
      if (n === frames >> 1) expect(feed.readers.size).toBe(2);
    }
    feed.push(frame("last"), null);
    await taking;
    expect(versionsOf(got)).toHaveLength(frames + 1);
    expect(feed.readers.size).toBe(1);
    await expect(slow.read()).rejects.toThrow("keep up");
  });

  it("are not given any more once their visitor is forgotten, though they were waiting for a slow reader", async () => {
    const feed = newFeed();
    const [slower, slow] = [opened(feed), opened(feed)];
    await Promise.all([slower.read(), slow.read()]);
    feed.push(frame("theirs"), "ada");
    feed.push(frame("others"), "bo");
    await turn();
    expect(versionsOf(await drained(slow, []))).toEqual(["theirs", "others"]);
    feed.forget("ada");
    expect(versionsOf(await drained(slower, []))).toEqual(["others"]);
  });

  it("reach each reader in order, once, and all but what was forgotten, however it takes them and comes back", async () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant("push" as const), who: fc.nat(2) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("read" as const), who: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("return" as const), who: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("forget" as const), who: fc.nat(2) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("turn" as const), who: fc.constant(0) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const feed = newFeed();
        const seats = Array.from({ length: 3 }, () => ({
          reader: opened(feed),
          pending: [] as Promise<Chunk>[],
          text: "",
        }));
        let count = 0;
        const forgotten = new Set<string>();
        const pushed: { version: string; who: number }[] = [];
        for (const { do: what, who } of actions) {
          const seat = seats[who] as (typeof seats)[number];
          if (what === "push") {
            const version = `v${String(count++).padStart(3, "0")}`;
            pushed.push({ version, who });
            feed.push(frame(version), `visitor-${who}`);
          } else if (what === "read") seat.text += await drained(seat.reader, seat.pending);
          else if (what === "turn") await turn();
          else if (what === "forget") {
            feed.forget(`visitor-${who}`);
            for (const { version, who: whose } of pushed) if (whose === who) forgotten.add(version);
          } else {
            seat.text += await drained(seat.reader, seat.pending);
            await seat.reader.cancel();
            const last = [...seat.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1];
            if (last !== undefined) seat.reader = opened(feed, last);
            else seat.reader = opened(feed);
            seat.pending = [];
          }
        }
        for (const seat of seats) {
          seat.text += await drained(seat.reader, seat.pending);
          const got = versionsOf(seat.text);
          expect(got).toEqual([...new Set(got)].sort());
          if (seat.text.includes("event: gap")) continue;
          const first = got[0];
          const due = pushed
            .map(({ version }) => version)
            .filter((version) => first !== undefined && version >= first);
          expect(due.filter((version) => !got.includes(version) && !forgotten.has(version))).toEqual([]);
        }
        feed.close();
      }),
      { numRuns: 25 },
    );
  });
});
