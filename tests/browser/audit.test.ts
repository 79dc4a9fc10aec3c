import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Audit } from "../../packages/server/src/audit/types.js";
import { runCli } from "../../packages/server/test/run-cli.js";
import { noChromium } from "../support/chromium.js";
import { type AuditSite, startAuditSite } from "./audit-site.js";

const dir = mkdtempSync(join(tmpdir(), "attune-audit-"));
let site: AuditSite;
const policy = join(dir, "policy.json");

/** The command with `--json`, as short as it goes. */
async function audit(path: string, ...options: string[]): Promise<{ code: number; audit: Audit }> {
  const { code, out } = await runCli(
    ...["audit", site.url + path, "--json", "--seconds", "1", "--at-once", "4", "--policy", policy],
    ...options,
  );
  return { code, audit: JSON.parse(out[0] ?? "null") as Audit };
}
const ofLevel = ({ findings }: Audit, level: string) => findings.filter((finding) => finding.level === level);

beforeAll(async () => {
  if (noChromium !== null) return;
  site = await startAuditSite();
  const needs = [{ what: `${site.other}/ads`, purposes: ["advertising"], why: "Advertising" }];
  writeFileSync(policy, JSON.stringify({ consent: { version: "2026-11" }, needs }));
});
afterAll(async () => {
  await site?.close();
  rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(noChromium !== null)("T24: attune audit", () => {
  it.concurrent("passes a page that keeps to its consent, and files a report", async () => {
    const file = join(dir, "report.html");
    const states = "undecided,withdrawn";
    const { code, audit: report } = await audit("/clean", "--out", file, "--states", states, "--links", "1");
    expect(report.findings.map((finding) => finding.code)).toEqual(["all-cookies"]);
    expect(code).toBe(0);
    // It was really at work under consent, and nothing of it was there without.
    const visitor = report.rows.find(
      ({ what, group }) => what === "cookie:attune-visitor" && group === "stored",
    );
    expect(Object.keys(visitor?.cells ?? {})).toEqual(["withdrawn"]);
    const sent = report.rows.filter(({ group }) => group === "sent").map(({ what }) => what);
    expect(sent).toContain(`POST ${site.url}/api/v1/behavioral/batch`);
    expect(sent).toContain(`GET ${site.url}/clean/hats`);
    expect(sent).not.toContain(`GET ${site.url}/logout`);
    const html = readFileSync(file, "utf8");
    for (const part of ["Passed", "2026-11", "Chromium 1", "Limits of the method", `${site.url}/clean`])
      expect(html).toContain(part);
    expect(html).not.toMatch(/<script|<link [^>]*href="http|planted\.example/);
  });

  it.concurrent("finds each thing that a page does in spite of it", async () => {
    const { code, audit: report } = await audit(
      "/cheat",
      "--states",
      "undecided,analytics,gpc-granted,withdrawn",
    );
    expect(code).toBe(1);
    const found = ofLevel(report, "violation");
    const not = found.filter((finding) => finding.code === "not-covered");
    const stored = ["cookie:_early", "cookie:_modern", "cookie:_server", "localStorage:early-id"];
    stored.push("localStorage:profile", "localStorage:noted");
    stored.push("localStorage:sneaky", "localStorage:clicked", "sessionStorage:early-session");
    stored.push("IndexedDB:early-base", "caches:early-cache", "serviceWorker:/sw.js", "serviceWorker:/");
    stored.push("fileSystem:*", `localStorage:of-other@${new URL(site.other).host}`);
    const read = ["localStorage:known-before", "cookie:_known"];
    const own = ["POST /own/collect", "POST /own/xhr", "POST /own/beacon", "GET /own/pixel.gif"];
    // An id within a value that is kept; a stream that stands.
    own.push("GET /own/json-pixel.gif", "GET /own/stream");
    own.push(
      "POST /own/from-worker",
      "POST /own/from-service-worker",
      "POST /own/goodbye",
      "POST /own/typed",
    );
    own.push("POST /own/encoded", "GET /own/hashed", "POST /own/referrer", "GET /api/v1/ruleset");
    const others = [
      "GET /font.css",
      "GET /pixel.gif",
      "GET /frame",
      "POST /fetched",
      "GET /events",
      "POST /ads",
    ];
    const at = (origin: string) => (what: string) => what.replace(" /", ` ${origin}/`);
    expect(not.map(({ what }) => what).sort()).toEqual(
      [
        ...stored,
        ...read,
        ...own.map(at(site.url)),
        ...others.map(at(site.other)),
        `WebSocket ${site.other.replace("http", "ws")}/socket`,
        "webrtc:connection",
      ].sort(),
    );
    const when = (what: string) => not.find((finding) => finding.what === what)?.when;
    expect(when("cookie:_early")).toEqual(["undecided", "gpc", "withdrawn"]);
    // A purpose that was not granted, or that Global Privacy Control denies.
    expect(when(`POST ${site.other}/ads`)).toEqual(["partly", "gpc"]);
    const socket = not.find(({ what }) => what.startsWith("WebSocket"));
    expect(socket?.message).toContain("stayed open");
    const stream = not.find(({ what }) => what.endsWith("/own/stream"));
    expect(stream?.message).toContain("stayed open");
    expect(ofLevel(report, "unclear").map(({ code, what }) => [code, what])).toEqual([
      ["unseen", `SharedWorker ${site.url}/shared.js`],
    ]);

    const planted = found.filter((finding) => finding.code === "planted");
    const leaks = planted.map(({ what, message }) => [what, /in it: (.*)\.$/.exec(message)?.[1]]);
    expect(Object.fromEntries(leaks)).toEqual({
      [`GET ${site.other}/pixel.gif`]:
        "e-mail address (in the page's address), token (in the page's address)",
      [`POST ${site.url}/own/referrer`]: "e-mail address (in the referrer)",
      [`POST ${site.url}/own/typed`]: ["e-mail address", "text", "phone number", "card number"]
        .map((what) => `${what} (typed into a field)`)
        .join(", "),
      [`POST ${site.url}/own/encoded`]: "e-mail address (typed into a field)",
      [`GET ${site.url}/own/hashed`]: "e-mail address (typed into a field)",
      "localStorage:clicked": "e-mail address (in the text of a clicked button)",
      "localStorage:noted": "e-mail address (in the text of a clicked button)",
    });
    // 4 bytes from each of at least two pages: the size of a Blob is known although the browser does not tell it.
    const beacon = report.rows.find(({ what }) => what === `POST ${site.url}/own/beacon`);
    expect(beacon?.cells.analytics?.bytes).toBe(4 * (beacon?.cells.analytics?.times ?? 0));
  });

  it.concurrent("does not pass what it could not bring about", async () => {
    // No engine: nobody hears what is decided.
    const other = join(dir, "other.json");
    writeFileSync(other, JSON.stringify({ consent: { version: "2025-01" } }));
    const [bare, old] = await Promise.all([
      audit("/bare", "--states", "granted"),
      audit("/clean", "--states", "granted", "--links", "0", "--policy", other),
    ]);
    expect(bare.code).toBe(1);
    expect(ofLevel(bare.audit, "unclear").map(({ code }) => code)).toEqual(["not-reached", "silent"]);

    // The page asks under another version than the file says: what is decided does not count there.
    expect(old.code).toBe(1);
    expect(ofLevel(old.audit, "unclear").map(({ code }) => code)).toEqual(["silent"]);
  });

  it.concurrent("decides by Attune's banner, or by clicks that the site names", async () => {
    const byBanner = await audit("/banner", "--by", "banner", "--states", "denied,analytics,withdrawn");
    expect(byBanner.audit.visits.flatMap(({ doubts }) => doubts)).toEqual([]);
    expect(byBanner.audit.outcome).toBe("pass");
    const visitor = byBanner.audit.rows.find(({ what }) => what === "cookie:attune-visitor");
    expect(Object.keys(visitor?.cells ?? {})).toEqual(["analytics", "withdrawn"]);

    const clicks = join(dir, "clicks.json");
    const decideBy = { granted: ["text=Accept all"], withdrawn: ["#nowhere"] };
    writeFileSync(clicks, JSON.stringify({ consent: { version: "2026-11" }, decideBy }));
    const named = await audit("/banner", "--policy", clicks, "--states", "denied,granted,withdrawn");
    expect(named.audit.outcome).toBe("unclear");
    expect(ofLevel(named.audit, "unclear").map(({ states, message }) => [states, message])).toEqual([
      [["denied"], expect.stringContaining("/decideBy/denied")],
      [["withdrawn"], expect.stringContaining("nothing to click at #nowhere")],
    ]);
  });

  it("says what it needs", async () => {
    const said = async (...args: string[]) => {
      const { code, err } = await runCli("audit", ...args);
      return [code, err[0]];
    };
    expect(await said()).toEqual([2, expect.stringContaining("Name one page")]);
    expect(await said("ftp://shop.example")).toEqual([2, expect.stringContaining("http://")]);
    expect(await said(site.url, "--states", "maybe")).toEqual([
      2,
      expect.stringContaining("undecided, denied"),
    ]);
    expect(await said(site.url, "--by", "magic")).toEqual([2, expect.stringContaining("record or banner")]);
    expect(await said(site.url, "--out", join(dir, "none", "report.html"))).toEqual([
      2,
      expect.stringContaining("--out"),
    ]);
    expect(await said(site.url, "--browser", "/none")).toEqual([
      1,
      expect.stringContaining("--browser PATH"),
    ]);
    expect(await said(`${site.url}/missing`, "--states", "undecided")).toEqual([
      1,
      expect.stringContaining("answers 404"),
    ]);
    expect(await said("http://127.0.0.1:1/", "--states", "undecided")).toEqual([
      1,
      expect.stringContaining("cannot be opened"),
    ]);
  });
});
