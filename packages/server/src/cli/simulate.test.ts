import type { Issue } from "@attune/core";
import { describe, expect, it } from "vitest";
import { scheduleOf } from "../models/plan.js";
import { main } from "./main.js";
import { publicationLines } from "./ruleset-file.js";

async function run(...args: string[]): Promise<{ code: number; told: string }> {
  const lines: string[] = [];
  const [say, plain] = [(line: string) => void lines.push(line), (text: string) => text];
  const terminal = { out: say, err: say, status: () => {}, bold: plain, dim: plain };
  const code = await main(["simulate", ...args], terminal);
  return { code, told: lines.join("\n") };
}

describe("attune simulate", () => {
  it.each([
    ["what is to be simulated", [], "--bad-canary buys-soon"],
    ["a fault that there is not", ["--bad-canary", "m", "--fault", "slow"], "log-odds, cut-off"],
    ["a share", ["--bad-canary", "m", "--share", "1"], "--share"],
    ["how long", ["--bad-canary", "m", "--seconds", "0"], "--seconds"],
    ["a place without data", ["--bad-canary", "m", "--dir", "/nowhere/at/all"], "no data"],
  ])("says what is wrong: %s", async (_what, args, words) => {
    const { code, told } = await run(...args);
    expect(code).toBe(2);
    expect(told).toContain(words);
  });
});

describe("what a configuration wants to be trained", () => {
  it("becomes plans, each label in its own units", () => {
    const every = { everyHours: 24 };
    const train = [
      {
        ...every,
        name: "a",
        predict: { event: "E", withinDays: 0.5 },
        atEvent: 6,
        share: 0.2,
        promote: false,
      },
      { ...every, name: "b", predict: { returnsWithinDays: 7 }, site: "shop", days: 90, metric: "ordered" },
      { ...every, name: "c", predict: { depth: 0.5 } },
    ];
    expect(scheduleOf({ models: { train } })).toEqual([
      {
        ...{ ...every, name: "a", label: { kind: "event", event: "E", withinMs: 43_200_000 } },
        ...{ atEvent: 6, share: 0.2, promote: false },
      },
      {
        ...{ ...every, name: "b", label: { kind: "returns", withinMs: 604_800_000 } },
        ...{ site: "shop", days: 90, metric: "ordered" },
      },
      { ...every, name: "c", label: { kind: "depth", depth: 0.5 } },
    ]);
    expect(scheduleOf({})).toEqual([]);
  });
});

describe("what is told of a ruleset's file", () => {
  it("holds nothing against models that are still to be trained", () => {
    const warning = (name: string): Issue => ({
      path: `/segments/0/enter/scores.${name}`,
      code: "ATTUNE_DECISIONS_UNKNOWN_ATTRIBUTE",
      message: "Nothing of this name is known.",
    });
    const loaded = {
      version: "v",
      revision: 2,
      changed: true,
      warnings: [warning("buys"), warning("other")],
    };
    const told = publicationLines("ruleset.json", loaded, ["buys"]).join("\n");
    expect(told).toContain("scores.other");
    expect(told).not.toContain("scores.buys");
    expect(publicationLines("ruleset.json", loaded, ["buys", "other"])).toHaveLength(1);
  });
});
