import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OTHER_SITE_SECRET, SECRET, startTestServer, type TestServer, WRITE } from "../testing/start.js";

const LOG = "/api/v1/behavioral/audit-log";

describe("T22: GET /audit-log", () => {
  let server: TestServer;
  const get = async (path: string, key: string | null = SECRET) => {
    const response = await server.call(path, { key });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  beforeAll(async () => {
    server = await startTestServer();
    await server.call("/api/v1/behavioral/data/ann/export", { key: SECRET });
    await server.call("/api/v1/behavioral/data/ann", { key: SECRET, method: "DELETE" });
    server.server.revokeKey("write");
  });
  afterAll(() => server.close());

  it("tells what was done, by which key, page by page", async () => {
    await expect.poll(async () => ((await get(LOG)).body.entries as unknown[]).length).toBe(3);
    const { body } = await get(LOG);
    expect(body.entries).toMatchObject([
      { seq: 1, type: "export", actor: "secret:secret", at: expect.stringMatching(/Z$/) },
      { seq: 2, type: "erasure", actor: "secret:secret" },
      { seq: 3, type: "key-revoked", actor: "system", detail: { key: "write" } },
    ]);
    expect(JSON.stringify(body)).not.toContain("ann");
    const first = await get(`${LOG}?limit=2`);
    expect(first.body.nextCursor).toBe("2");
    const second = await get(`${LOG}?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ entries: [{ seq: 3 }], nextCursor: null });
  });

  it("is for those who manage the site, each site's own", async () => {
    for (const [key, status] of [
      [null, 401],
      [WRITE, 401],
      [OTHER_SITE_SECRET, 200],
    ] as const)
      expect((await get(LOG, key)).status).toBe(status);
    expect((await get(LOG, OTHER_SITE_SECRET)).body.entries).toEqual([]);
  });

  it("verifies, also against a checkpoint that was kept elsewhere", async () => {
    const { body } = await get(LOG);
    const kept = encodeURIComponent(JSON.stringify(body.checkpoint));
    expect((await get(`${LOG}/verify?checkpoint=${kept}`)).body).toEqual({ ok: true, entries: 3 });
    const partition = "default/audit";
    await server.store.delete(partition, `e/${"3".padStart(12, "0")}`);
    await server.store.delete(partition, "head");
    expect((await get(`${LOG}/verify`)).body).toEqual({ ok: true, entries: 2 });
    expect((await get(`${LOG}/verify?checkpoint=${kept}`)).body).toEqual({
      ok: false,
      seq: 3,
      reason: "cut-off",
    });
  });

  it("says what is wrong with a question", async () => {
    for (const query of ["?limit=0", "?limit=9999", "?cursor=abc"])
      expect((await get(LOG + query)).status).toBe(400);
    for (const checkpoint of ["{", "{}", "[]"]) {
      const { status, body } = await get(`${LOG}/verify?checkpoint=${encodeURIComponent(checkpoint)}`);
      expect([status, body.type]).toEqual([400, expect.stringContaining("ATTUNE_SERVER_CHECKPOINT")]);
    }
  });
});
