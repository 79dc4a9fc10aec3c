import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../test/run-cli.js";

const input = {
  consent: { version: "1", purposes: ["analytics"] },
  controller: { name: "Hats Ltd", contact: "privacy@hats.example" },
};
let folder: string;
const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "attune-policy-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("attune policy", () => {
  it("writes Markdown from JSON, in the language asked for", async () => {
    const json = await file("privacy.json", JSON.stringify(input));
    const { code, out } = await runCli("policy", json, "--language", "fr");
    expect(code).toBe(0);
    expect(out.join("\n")).toMatch(/^# Ce que ce site fait de vos données\n[^]*## Statistiques\n/);
    const parts = JSON.parse((await runCli("policy", json, "--json")).out[0] ?? "") as {
      sections: unknown[];
    };
    expect(parts.sections.length).toBeGreaterThan(5);
  });

  it("reads the host's own events from a module", async () => {
    const events =
      '{ definitions: { "Quote Requested": { properties: { product: "string" } } }, purposesOf: () => undefined }';
    const module = await file(
      "privacy.mjs",
      `export default { ...${JSON.stringify(input)}, events: ${events} };`,
    );
    expect((await runCli("policy", module)).out.join("\n")).toContain("“Quote Requested”, with: product");
  });

  it("says what is missing", async () => {
    for (const [args, message] of [
      [[], /Name one file/],
      [[await file("empty.json", "{}")], /who is responsible/],
      [[await file("old.json", JSON.stringify({ ...input, consent: {} }))], /\/version/],
      [[join(folder, "none.mjs")], /cannot be loaded/],
      [[join(folder, "privacy.json"), "--language", "tlh"], /en, de, fr, es/],
    ] as const) {
      const { code, err } = await runCli("policy", ...args);
      expect(code).toBe(2);
      expect(err.join("\n")).toMatch(message);
    }
  });
});
