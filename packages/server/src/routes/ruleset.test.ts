import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECRET, startTestServer, type TestServer } from "../testing/start.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const put = (revision: number, headers: Record<string, string> = {}): Promise<Response> =>
  at.call("/api/v1/ruleset", {
    method: "PUT",
    key: SECRET,
    body: JSON.stringify({ schemaVersion: 1, revision, slots: {} }),
    headers: { "content-type": "application/json", ...headers },
  });
const get = (headers: Record<string, string> = {}): Promise<Response> =>
  at.call("/api/v1/ruleset", { headers });

describe("the ruleset's ETag", () => {
  it("is a condition for publishing: nobody replaces what they have not seen", async () => {
    expect((await put(1, { "if-match": "*" })).status).toBe(412);
    const first = (await put(1, { "if-none-match": "*" })).headers.get("etag") as string;
    expect((await put(2, { "if-none-match": "*" })).status).toBe(412);
    const second = await put(2, { "if-match": `"other", W/${first}` });
    expect(second.status).toBe(200);
    const late = await put(3, { "if-match": first });
    expect([late.status, (await late.json()).type]).toEqual([412, "ATTUNE_SERVER_RULESET_CHANGED"]);
    expect((await get()).headers.get("etag")).toBe(second.headers.get("etag"));
    expect((await put(3)).status).toBe(200);
  });

  it("saves reading again what has not changed", async () => {
    const etag = (await get()).headers.get("etag") as string;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const answer = await get({ "if-none-match": known });
      expect([answer.status, await answer.text(), answer.headers.get("etag")]).toEqual([304, "", etag]);
    }
    expect((await get({ "if-none-match": '"other"' })).status).toBe(200);
  });
});
