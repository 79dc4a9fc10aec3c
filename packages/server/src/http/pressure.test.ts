import { memoryLog } from "@attune/core/memory";
import type { Log } from "@attune/core/ports";
import { afterEach, describe, expect, it, vi } from "vitest";
import { nativeEvent, SECRET, startTestServer, type TestServer, WRITE } from "../testing/start.js";
import { createPressure, PRESSURE_LIMITS } from "./pressure.js";

const BATCH = "/api/v1/behavioral/batch";
let at: TestServer | undefined;
afterEach(() => at?.close());

/** A real log whose appends wait for as long as it is told to. */
function slowLog() {
  const inner = memoryLog();
  let gate: Promise<void> = Promise.resolve();
  let open = (): void => undefined;
  const log: Log = {
    ...inner,
    append: async (entries) => {
      await gate;
      return inner.append(entries);
    },
  };
  return {
    log,
    hang() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open(),
  };
}

async function timed(work: Promise<Response>): Promise<{ response: Response; ms: number }> {
  const started = performance.now();
  const response = await work;
  return { response, ms: performance.now() - started };
}

describe("T12 backpressure at the door", () => {
  it("refuses events at once while the log hangs, answers all else, and takes events when it is back", async () => {
    const slow = slowLog();
    at = await startTestServer({ log: slow.log, limits: { appendMs: 100 } });
    const { post, call } = at;
    expect((await post(BATCH, [nativeEvent()])).status).toBe(200);
    const state = async () =>
      (await (await call("/api/v1/behavioral/monitoring/performance", { key: SECRET })).json()) as object;
    await state();
    slow.hang();
    const waiting = post(BATCH, [nativeEvent()]);
    await expect.poll(state).toMatchObject({ status: "overloaded", backpressure: "append-slow" });
    const times: number[] = [];
    await post(BATCH, [nativeEvent()]);
    for (let i = 0; i < 20; i++) {
      const { response, ms } = await timed(post(BATCH, [nativeEvent()]));
      expect(response.status).toBe(503);
      expect((await response.json()).type).toBe("ATTUNE_SERVER_INGEST");
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      times.push(ms);
    }
    // The median: one slow answer is the machine's.
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(50);
    expect((await call("/api/v1/ruleset")).status).toBe(404);
    slow.release();
    expect(await (await waiting).json()).toMatchObject({ accepted: 1 });
    expect((await post(BATCH, [nativeEvent()])).status).toBe(200);
    await at.server.service.settled();
    expect((await at.server.service.summary()).events).toBe(3);
  });

  it("bounds how many appends wait, however many requests come", async () => {
    const slow = slowLog();
    at = await startTestServer({ log: slow.log, limits: { appends: 4, appendMs: 60_000 } });
    const { post } = at;
    await post(BATCH, [nativeEvent()]);
    slow.hang();
    const first = Array.from({ length: 4 }, () => post(BATCH, [nativeEvent()]));
    await expect.poll(async () => (await post(BATCH, [nativeEvent()])).status).toBe(503);
    slow.release();
    for (const response of await Promise.all(first)) expect(response.status).toBe(200);
  });

  it("refuses events while too many wait for their fold, and says for how long by how fast they become fewer", () => {
    const refused: string[] = [];
    let lag = { runs: 1500, perSecond: 50 };
    const limits = { ...PRESSURE_LIMITS, lag: 1000 };
    const log = { pending: () => ({ count: 0, oldestMs: 0 }), lag: () => lag };
    const pressure = createPressure(limits, log, (reason) => refused.push(reason));
    expect(() => pressure.requireRoom()).toThrowError(
      expect.objectContaining({ status: 429, code: "ATTUNE_SERVER_BUSY", headers: { "retry-after": "10" } }),
    );
    lag = { runs: 1500, perSecond: -3 };
    expect(() => pressure.requireRoom()).toThrowError(
      expect.objectContaining({ headers: { "retry-after": "5" } }),
    );
    lag = { runs: 900, perSecond: 0 };
    pressure.requireRoom();
    expect(refused).toEqual(["lag", "lag"]);
  });

  it("lets bodies of half the room for bytes wait at most, and gives back what was taken", () => {
    const pressure = createPressure(
      { ...PRESSURE_LIMITS, inFlight: 2, inFlightBytes: 1000 },
      null,
      () => undefined,
    );
    const [one, other] = [pressure.enter(400), pressure.enter(200)];
    const begin = one.wait();
    expect([begin === null, other.wait()]).toEqual([false, null]);
    begin?.();
    begin?.();
    expect(pressure.figures()).toEqual({ requests: 1, bytes: 600, room: 2 });
    other.leave();
    one.leave();
    begin?.();
    expect(pressure.figures()).toEqual({ requests: 0, bytes: 0, room: 2 });
    expect(pressure.enter(500).wait()).not.toBeNull();
  });

  it("bounds requests and bytes in flight, and gives back what was taken, once", () => {
    const limits = { ...PRESSURE_LIMITS, inFlight: 2, inFlightBytes: 1000 };
    const pressure = createPressure(limits, null, () => undefined);
    const big = pressure.enter(900);
    expect(() => pressure.enter(200)).toThrowError(expect.objectContaining({ status: 429 }));
    big.resize(100);
    const small = pressure.enter(200);
    expect(pressure.figures()).toEqual({ requests: 2, bytes: 300, room: 2 });
    expect(() => pressure.enter(0)).toThrowError(expect.objectContaining({ status: 429 }));
    for (const one of [big, big, small]) one.leave();
    big.resize(5000);
    expect(pressure.figures()).toEqual({ requests: 0, bytes: 0, room: 2 });
    // One that is larger than all is still let in where nothing else is there.
    pressure.enter(5000).leave();
  });

  describe("bodies that take long", () => {
    afterEach(() => vi.restoreAllMocks());
    const roomOf = (limits: { inFlight: number; inFlightBytes: number }) => {
      let now = 0;
      vi.spyOn(performance, "now").mockImplementation(() => now);
      const room = createPressure({ ...PRESSURE_LIMITS, ...limits }, null, () => undefined);
      const given: string[] = [];
      const slow = (name: string, bytes: number) => {
        const admitted = room.enter(bytes);
        return { ...admitted, arrived: admitted.arriving(() => given.push(name)) };
      };
      return { room, given, slow, pass: (ms: number) => void (now += ms) };
    };

    it("are not given up for who cannot be let in all the same", () => {
      const { room, given, slow, pass } = roomOf({ inFlight: 10, inFlightBytes: 1000 });
      const busy = room.enter(800);
      slow("a", 100);
      slow("b", 50);
      pass(1000);
      expect(() => room.enter(500)).toThrowError(expect.objectContaining({ status: 429 }));
      expect(given).toEqual([]);
      room.enter(150).leave();
      expect(given).toEqual(["a"]);
      busy.leave();
      expect(room.figures()).toMatchObject({ requests: 1, bytes: 50 });
    });

    it("make way for one that grows where they have been at it for longer; else that one makes way itself, alone", () => {
      const { room, given, slow, pass } = roomOf({ inFlight: 10, inFlightBytes: 1000 });
      for (const name of ["first", "second"]) slow(name, 200);
      pass(500);
      const grows = slow("grows", 200);
      slow("last", 300);
      pass(600);
      grows.resize(500);
      expect([given, room.figures().bytes]).toEqual([["first"], 1000]);
      pass(1000);
      grows.resize(900);
      expect([given, room.figures().bytes]).toEqual([["first", "grows"], 500]);
    });

    it("that were given up take nothing when they go on", () => {
      const { room, slow, pass } = roomOf({ inFlight: 1, inFlightBytes: 1000 });
      const late = slow("late", 300);
      pass(1000);
      const next = room.enter(100);
      late.resize(500);
      expect(late.wait()).toBeNull();
      late.leave();
      next.leave();
      expect(room.figures()).toMatchObject({ requests: 0, bytes: 0 });
      expect(room.enter(500).wait()).not.toBeNull();
    });
  });

  it("lets requests wait for their fold without a place among those that are answered, and not more than fit", async () => {
    const inner = memoryLog();
    const log: Log = { ...inner, consume: async () => ({ stop: async () => undefined }) };
    at = await startTestServer({ log, limits: { inFlight: 4 } });
    const { post, url } = at;
    const waiting = new AbortController();
    const wait = () =>
      fetch(`${url}${BATCH}?wait=20000&key=${WRITE}`, {
        method: "POST",
        body: JSON.stringify([nativeEvent()]),
        headers: { "content-type": "application/json" },
        signal: waiting.signal,
      });
    const ended: number[] = [];
    for (let i = 0; i < 4; i++)
      void wait().then(
        ({ status }) => ended.push(status),
        () => undefined,
      );
    await expect.poll(() => inner.lag("fold")).toBe(4);
    const { ms, response } = await timed(post(`${BATCH}?wait=20000`, [nativeEvent()]));
    expect([response.status, ms < 5000]).toEqual([200, true]);
    expect(await response.json()).toMatchObject({ accepted: 1, duplicates: null });
    expect((await post(BATCH, [nativeEvent()])).status).toBe(200);
    expect(ended).toEqual([]);
    waiting.abort();
  });

  it("takes in no more than others will fold, where it does not fold itself", async () => {
    at = await startTestServer({ worker: false, limits: { lag: 2 } });
    const { post, log } = at;
    for (let i = 0; i < 3; i++) expect((await post(BATCH, [nativeEvent()])).status).toBe(200);
    expect(await log.lag("fold")).toBe(3);
    await expect.poll(async () => (await post(BATCH, [nativeEvent()])).status, { timeout: 5000 }).toBe(429);
    const known = await at.call("/api/v1/behavioral/monitoring/performance", { key: SECRET });
    expect(await known.json()).toMatchObject({ backpressure: "lag", logLag: expect.any(Number) });
  });

  it("answers whether it is well even where it is full", async () => {
    at = await startTestServer({ limits: { inFlight: 0 } });
    expect((await at.post(BATCH, [nativeEvent()])).status).toBe(429);
    expect((await at.call("/health/live", { key: null })).status).toBe(200);
    expect((await at.call("/health/ready", { key: null })).status).toBe(200);
    const refusal = await at.call("/api/v1/ruleset");
    expect([refusal.status, refusal.headers.get("retry-after")]).toEqual([429, "1"]);
  });
});
