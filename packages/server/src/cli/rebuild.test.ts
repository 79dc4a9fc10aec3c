import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fixture } from "../../../server-adapters/test/fixture.js";
import { type AttuneProgram, bundleAttune } from "../../test/attune-process.js";
import { runCli } from "../../test/run-cli.js";
import { nativeEvent } from "../testing/start.js";
import { type BackEnd, withBackEnd } from "./back-end.js";
import { placeOf } from "./place.js";

let folder: string;
let dir: string;
const visitors = Array.from({ length: 12 }, (_, i) => `visitor-0123456789-${i}`);

const fail = (error: unknown): never => {
  throw error;
};
const within = async <T>(work: (backEnd: BackEnd) => Promise<T>, worker = false): Promise<T> =>
  withBackEnd({ ...(await placeOf({ dir })), worker, report: fail }, work);

/** All that the service tells of the site and of each visitor, and what lies in the visitors' partitions but for when it was written. */
const known = (): Promise<unknown> =>
  within(async ({ service, ports }) => {
    const states: Record<string, unknown> = {};
    for await (const partition of ports.stores.hot.partitions("default/v/")) {
      for await (const { sort, value } of ports.stores.hot.scan<object>(partition)) {
        const { seq: _seq, pending: _pending, ...rest } = value as { seq?: number; pending?: unknown };
        states[`${partition} ${sort}`] = sort.startsWith("user/") ? "linked" : rest;
      }
    }
    return {
      states,
      summary: await service.summary(),
      profiles: await Promise.all(visitors.map((visitorId) => service.profile({ visitorId }))),
    };
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "attune-rebuild-"));
  dir = join(folder, "data");
  await within(async ({ service }) => {
    await service.loadRuleset({
      schemaVersion: 1,
      revision: 1,
      segments: [{ name: "viewers", enter: { productViews: { $gte: 2 } } }],
      slots: {},
    });
    for (const [i, visitorId] of visitors.entries()) {
      const sessionId = `session-${i}`;
      const user = i % 3 === 0 ? { userId: `user-${i}` } : {};
      const events = [
        nativeEvent({ visitorId, sessionId }),
        nativeEvent({ visitorId, sessionId, ...user }),
        nativeEvent({ visitorId, sessionId, name: "Order Completed", properties: { total: 12.5 } }),
      ];
      await service.ingest(i % 2 === 0 ? events : events.slice(1), { waitMs: 10_000 });
    }
    await service.consent(
      { visitorId: visitors[1] as string },
      { purposes: { analytics: true, personalization: false }, policyVersion: "1", source: "api" },
    );
    await service.ingest([nativeEvent({ visitorId: visitors[1] })], { waitMs: 10_000 });
    await service.erase({ visitorId: visitors[0] as string });
  }, true);
});
afterAll(() => rm(folder, { recursive: true }));

describe("T36 attune worker --rebuild, on LMDB", () => {
  it("brings back what was damaged and lost, exactly, and leaves the erased erased", async () => {
    const before = await known();
    expect(before).toMatchObject({ summary: { visitors: 11, conversions: { orders: 11 } } });
    await within(async ({ ports }) => {
      const { hot } = ports.stores;
      let n = 0;
      for await (const partition of hot.partitions("default/v/")) {
        n++;
        if (n % 3 === 0) await hot.delete(partition, "state");
        else if (n % 3 === 1 && (await hot.get(partition, "state")) !== null)
          await hot.put(partition, "state", {
            v: 1,
            state: null,
            segments: {},
            counts: {},
            first: {},
            seq: 9,
          });
        else
          for await (const { sort } of hot.scan(partition, { prefix: "e/" }))
            await hot.delete(partition, sort);
      }
      for (const kind of ["c", "s"])
        for await (const partition of hot.partitions(`default/${kind}/`))
          await hot.deletePartition(partition);
    });
    const { code, out, err } = await runCli("worker", "--rebuild", "--dir", dir, "--json");
    expect([code, err]).toEqual([0, []]);
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ rebuilt: true, entries: 12, events: 28 });
    expect(await known()).toEqual(before);
    // The rollups are those of the survivors, too, and what is made is made in the series of the same folder.
    const over = { from: 0, to: Date.now() + 60_000, windowMs: 60_000 } as const;
    const rolled = await within(async ({ service }) => ({
      events: (await service.series({ figure: "events", ...over }))?.[0]?.windows ?? [],
      orders: (await service.series({ figure: "orders", ...over }))?.[0]?.windows ?? [],
    }));
    const sum = (windows: readonly { value: number }[]): number =>
      windows.reduce((all, { value }) => all + value, 0);
    expect([sum(rolled.events), sum(rolled.orders)]).toEqual([28, 11]);

    const told = await runCli("worker", "--rebuild", "--dir", dir);
    expect(told.code).toBe(0);
    expect(told.out.join("\n")).toContain("28 events, from 12 entries of the log");
    expect(await known()).toEqual(before);
  }, 60_000);

  it("makes no folder where there is no data", async () => {
    const { code, err } = await runCli("worker", "--rebuild", "--dir", join(folder, "nowhere"));
    expect(code).toBe(2);
    expect(err.join("\n")).toContain("There is no data");
    expect(await readdir(folder)).not.toContain("nowhere");
  });
});

describe("attune worker --rebuild beside a process that folds", () => {
  let attune: AttuneProgram;
  let process: Fixture | undefined;
  beforeAll(async () => {
    attune = await bundleAttune();
  }, 60_000);
  afterAll(async () => {
    await process?.kill();
    await attune.remove();
  });

  it("touches nothing while it is there, and works once it has ended", async () => {
    const begun = await attune.ready<{ ready: boolean }>(["worker", "--dir", dir, "--json"]);
    process = begun.process;
    await within(({ service }) => service.ingest([nativeEvent({ visitorId: visitors[2] })]));
    const events = (): Promise<number> => within(async ({ service }) => (await service.summary()).events);
    await expect.poll(events, { timeout: 30_000, interval: 200 }).toBe(29);
    const before = await known();
    const refused = await runCli("worker", "--rebuild", "--dir", dir);
    expect(refused.code).toBe(1);
    expect(refused.err.join("\n")).toContain("Stop all of them");
    expect(await known()).toEqual(before);

    process.child.kill("SIGTERM");
    expect((await process.exited)[0]).toBe(0);
    expect((await runCli("worker", "--rebuild", "--dir", dir)).code).toBe(0);
    expect(await known()).toEqual(before);
  }, 90_000);
});
