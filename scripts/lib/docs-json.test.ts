import { readFileSync } from "node:fs";
import { validateRuleset } from "@attune/core";
import { parseServerConfig } from "@attune/core/wire";
import { describe, expect, it } from "vitest";

/** The JSON blocks of a page, read. */
function jsonOf(page: string): Record<string, unknown>[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
  return [...text.matchAll(/^```json.*\n([^]*?)^```$/gm)].map(([, json]) => JSON.parse(json as string));
}

/** What the blocks name of the environment. */
const ENVIRONMENT = {
  ATTUNE_WRITE_KEY: "wk_0123456789abcdef",
  ATTUNE_SECRET_KEY: "sk_0123456789abcdef",
  ATTUNE_WEBHOOK_SECRET: `whsec_${"A".repeat(32)}`,
  REDIS_URL: "redis://redis",
};

describe("JSON that people copy from the docs", () => {
  it("operations: both parts of the configuration are taken together", () => {
    const blocks = jsonOf("docs/operations.md");
    expect(blocks).toHaveLength(2);
    const parsed = parseServerConfig(Object.assign({}, ...blocks), ENVIRONMENT);
    expect(parsed.ok ? [] : parsed.error).toEqual([]);
  });

  it("models: parts of a configuration", () => {
    const blocks = jsonOf("docs/models.md");
    expect(blocks.map((block) => Object.keys(block))).toEqual([["models"], ["webhooks"]]);
    for (const block of blocks) expect(parseServerConfig(block, ENVIRONMENT)).toMatchObject({ ok: true });
  });

  it.each(["README.md", "docs/getting-started.md", "docs/ruleset.md"])("%s: rulesets are valid", (page) => {
    const rulesets = jsonOf(page).filter((json) => "schemaVersion" in json);
    expect(rulesets).toHaveLength(1);
    const result = validateRuleset(rulesets[0]);
    expect(result.ok ? [] : result.error).toEqual([]);
  });
});
