import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECRET, startTestServer, type TestServer } from "../testing/start.js";

let at: TestServer;
let dir: string;
let cookie: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "attune-dashboard-"));
  await writeFile(join(dir, "index.html"), "<!doctype html><title>page</title>");
  await writeFile(join(dir, "app.js"), "export {};");
  await writeFile(join(dir, "notes.txt"), "not for the web");
  at = await startTestServer({ dashboard: { directory: dir }, basePath: "/base" });
  const made = await at.call("/base/api/v1/dashboard/sign-in", { method: "POST", key: SECRET });
  const entry = await at.call(((await made.json()) as { url: string }).url, { key: null });
  expect(entry.headers.get("location")).toBe("/base/dashboard/");
  cookie = entry.headers.get("set-cookie")?.split(";")[0] as string;
});
afterAll(async () => {
  await at.close();
  await rm(dir, { recursive: true });
});

const get = (path: string, signedIn = true): Promise<Response> =>
  at.call(`/base${path}`, { key: null, headers: signedIn ? { cookie } : {} });

describe("the dashboard", () => {
  it("is for signed-in people", async () => {
    expect((await get("/dashboard/", false)).status).toBe(401);
    expect((await get("/dashboard/app.js", false)).status).toBe(401);
    const page = await get("/dashboard/");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect((await get("/dashboard/app.js")).headers.get("content-type")).toContain("javascript");
    expect((await get("/dashboard")).headers.get("location")).toBe("/base/dashboard/");
  });

  it("answers people with pages where it has nothing to show, and programs with problems", async () => {
    const asPerson = (path: string): Promise<Response> =>
      at.call(`/base${path}`, { key: null, headers: { accept: "text/html,*/*;q=0.8" } });
    for (const [path, status, words] of [
      ["/dashboard/sign-in?token=used", 401, "does not work any more"],
      ["/dashboard/", 401, "Sign in to see the dashboard"],
      ["/", 200, "This is an Attune server"],
    ] as const) {
      const answer = await asPerson(path);
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers.get("content-type")).toContain("text/html");
      expect(answer.headers.get("content-security-policy")).not.toContain("unsafe");
      const text = await answer.text();
      expect(text).toContain(words);
      expect(text).toContain("/base/api/v1/dashboard/sign-in");
      const program = await get(path, false);
      expect(program.headers.get("content-type")).toContain("problem+json");
    }
    const entered = await at.call("/base/", { key: null, headers: { accept: "text/html", cookie } });
    expect(await entered.text()).toContain('href="/base/dashboard/"');
  });

  it("lets no inline script, style or foreign source run", async () => {
    const policy = (await get("/dashboard/")).headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
  });

  it("serves its own files and no others", async () => {
    for (const name of [
      "notes.txt",
      "absent.js",
      "..%2fapp.js",
      "%2e%2e%2f%2e%2e%2fpackage.json",
      ".env",
      "app.js%00.css",
    ]) {
      expect((await get(`/dashboard/${name}`)).status).toBe(404);
    }
  });

  it("is absent where no folder was given", async () => {
    const without = await startTestServer();
    expect((await without.call("/dashboard/", { key: null })).status).toBe(404);
    await without.close();
  });
});
