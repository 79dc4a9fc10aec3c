// @vitest-environment jsdom
import { createAttune } from "@attune/core";
import { act, cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { ruleset, testAttune, testOptions } from "../test/kit.js";
import { Experiment, Personalize, PersonalizationProvider, useVariant, Variant } from "./index.js";

let warn: MockInstance<typeof console.warn>;
beforeEach(() => {
  warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
const told = (): unknown[] => warn.mock.calls.map(([line]) => line as unknown);

function Words() {
  return <>{useVariant("hreo") as string}</>;
}

const page = (
  <>
    <Personalize slot="her" fallback="x" variants={{}} />
    <Personalize slot="her" fallback="x" variants={{}} />
    <Words />
    <Personalize segment={{ any: ["readers"], not: "raeders" }}>x</Personalize>
    <Experiment slot="cta">
      <Variant name="a">1</Variant>
      <Variant name="c">2</Variant>
    </Experiment>
  </>
);

describe("names that the ruleset does not know", () => {
  it("are told of in development, each once, with those that it has", async () => {
    const attune = await testAttune();
    render(<PersonalizationProvider attune={attune}>{page}</PersonalizationProvider>);
    expect(told()).toEqual([
      expect.stringMatching(/no slot "her".*hero, cta, top, hidden/),
      expect.stringMatching(/no slot "hreo"/),
      expect.stringMatching(/no segment "raeders".*shoppers, readers/),
      expect.stringMatching(/slot "cta" has no variant "c".*a, b/),
    ]);
  });

  it("are not known to be wrong before there is a ruleset", async () => {
    const attune = createAttune(testOptions({ decisions: {} }));
    render(<PersonalizationProvider attune={attune}>{page}</PersonalizationProvider>);
    expect(told()).toEqual([]);
    await act(async () => attune.loadRuleset(ruleset));
    expect(told()).toHaveLength(4);
  });

  it("are nobody's business in production", async () => {
    vi.stubEnv("NODE_ENV", "production");
    const attune = await testAttune();
    render(<PersonalizationProvider attune={attune}>{page}</PersonalizationProvider>);
    expect(told()).toEqual([]);
  });
});
