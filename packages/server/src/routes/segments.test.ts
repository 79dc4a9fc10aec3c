import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../client/index.js";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";

const viewers = { name: "viewers", enter: { productViews: { $gte: 1 } } };

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());
const host = () => createClient({ url: at.url, key: SECRET, retries: 0 });

describe("segments by HTTP", () => {
  it("are made, read, changed and removed, each time as a new ruleset", async () => {
    expect(await host().segments()).toEqual({ segments: [] });
    const made = await host().createSegment(viewers);
    expect(made).toMatchObject({ revision: 1, changed: true });
    expect(await host().segment("viewers")).toEqual(viewers);
    await expect(host().createSegment(viewers)).rejects.toMatchObject({
      ...{ status: 409, code: "ATTUNE_SERVER_SEGMENT_TAKEN" },
    });
    const changed = await host().defineSegment("viewers", {
      enter: { productViews: { $gte: 2 } },
      exit: { productViews: { $lt: 1 } },
    });
    expect(changed).toMatchObject({ revision: 2 });
    expect((await host().ruleset()).segments).toHaveLength(1);
    await expect(
      host().defineSegment("viewers", viewers, { ifMatch: `"${made.version}"` }),
    ).rejects.toMatchObject({ ...{ status: 412, code: "ATTUNE_SERVER_RULESET_CHANGED" } });
    await host().defineSegment("viewers", viewers, { ifMatch: `"${changed.version}"` });
    expect(await host().removeSegment("viewers")).toMatchObject({ revision: 4 });
    for (const gone of [host().segment("viewers"), host().removeSegment("viewers")])
      await expect(gone).rejects.toMatchObject({ status: 404, code: "ATTUNE_SERVER_SEGMENT" });
  });

  it("are refused with the place of what is wrong", async () => {
    const definition = { enter: { sessions: { $foo: 1 } }, exits: {} };
    const wrong = await at.post("/api/v1/segments/new-ones", definition, { method: "PUT", key: SECRET });
    expect(wrong.status).toBe(400);
    const { errors } = (await wrong.json()) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path).sort()).toEqual(["/enter/sessions/$foo", "/exits"]);
    await expect(host().defineSegment("a", { name: "b", enter: {} })).rejects.toMatchObject({
      ...{ status: 400, code: "ATTUNE_SERVER_SEGMENT_NAME" },
    });
    for (const [method, path] of [
      ["GET", "/api/v1/segments"],
      ["PUT", "/api/v1/segments/a"],
      ["DELETE", "/api/v1/segments/a"],
    ] as const) {
      const call = method === "PUT" ? at.post(path, { enter: {} }, { method }) : at.call(path, { method });
      expect((await call).status).toBe(403);
    }
  });

  it("tell their size from twenty visitors on, and move those who are stored", async () => {
    await host().defineSegment("viewers", { enter: { productViews: { $gte: 5 } } });
    const events = Array.from({ length: 20 }, (_, i) => ({
      ...nativeEvent({ visitorId: `segment-visitor-0123456789-${i}`, name: "Product Viewed" }),
      id: `size-${i}`,
    }));
    await at.server.service.ingest(events, { waitMs: 10_000 });
    expect(await host().segmentSize("viewers")).toEqual({
      ...{ segment: "viewers", size: null, reason: "too-few", floor: 20 },
    });
    await host().defineSegment("viewers", { enter: { productViews: { $gte: 1 } } });
    await at.server.service.settled();
    expect(await host().segmentSize("viewers")).toMatchObject({ size: 20, reason: null });
    await expect(host().segmentSize("unknown")).rejects.toMatchObject({ status: 404 });
  });
});
