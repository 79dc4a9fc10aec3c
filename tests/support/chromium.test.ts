import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { CHROMIUM_ARGS } from "../../packages/core/test/chromium-args.js";

it("Chromium is told to leave out all that Playwright tells it, whose own list ours replaces", () => {
  const folder = dirname(createRequire(import.meta.url).resolve("playwright-core/package.json"));
  const source = readFileSync(join(folder, "lib/coreBundle.js"), "utf8");
  const [, list = ""] = /disabledFeatures = \[([^\]]*)\]/.exec(source) ?? [];
  const theirs = [...list.matchAll(/^\s*"(\w+)"/gm)].map(([, name]) => name);
  const ours = CHROMIUM_ARGS.find((arg) => arg.startsWith("--disable-features="))?.split(/[=,]/) ?? [];
  expect(theirs).toContain("PaintHolding");
  expect(theirs.filter((name) => !ours.includes(name as string))).toEqual([]);
});
