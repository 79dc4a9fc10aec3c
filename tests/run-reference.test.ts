import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const SHARED = process.env["ATTUNE_SHARED"] ?? fileURLToPath(new URL("../../shared", import.meta.url));
const FILE = join(SHARED, "reference/stats_cases.json");
const SCRIPT = fileURLToPath(new URL("../scripts/run-reference.mjs", import.meta.url));

const there = existsSync(FILE);
if (!there)
  console.warn(
    "left out: all reference cases through the public API (no data at ATTUNE_SHARED or ../shared)",
  );

describe.skipIf(!there)("scripts/run-reference.mjs", () => {
  const folder = mkdtempSync(join(tmpdir(), "attune-reference-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (file: string) => {
    const { status, stdout } = spawnSync(process.execPath, [SCRIPT, file], { encoding: "utf8" });
    return { status, lines: stdout.trim().split("\n") };
  };

  it("has a function for every case, and each is within its tolerance", () => {
    const { status, lines } = run(FILE);
    expect(lines.at(-1)).toMatch(/^\d{3,} passed, 0 failed, 0 not supported$/);
    expect(status).toBe(0);
  });

  it("names a case that differs, and counts what there is no function for", () => {
    const file = JSON.parse(readFileSync(FILE, "utf8")) as {
      cases: { id: string; fn: string; expected: unknown }[];
    };
    const one = file.cases.find(({ fn }) => fn === "lbeta") as (typeof file.cases)[number];
    const cases = [
      { ...one, expected: (one.expected as number) + 1e-9 },
      { ...one, id: "none", fn: "noSuchThing" },
      one,
    ];
    const changed = join(folder, "changed.json");
    writeFileSync(changed, JSON.stringify({ ...file, cases }));
    const { status, lines } = run(changed);
    expect(lines.join("\n")).toContain(one.id);
    expect(lines.at(-1)).toBe("1 passed, 1 failed, 1 not supported");
    expect(status).toBe(1);
  });
});
