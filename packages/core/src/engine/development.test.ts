import { afterEach, describe, expect, it, vi } from "vitest";
import { fakeEnvironment } from "../../test/fake-environment.js";
import { ruleset } from "../../test/shop.js";
import { createAttune } from "./create-attune.js";
import type { AttuneOptions } from "./types.js";

afterEach(() => vi.unstubAllEnvs());

const told = (options: object): string[] => {
  const { environment, errors } = fakeEnvironment();
  createAttune({ environment, ...options } as AttuneOptions);
  return errors.map((error) => (error as Error).message);
};

describe("options that do nothing", () => {
  it("are told of in development, with those that there are", () => {
    const policy = { version: "1" };
    expect(told({ consent: { policy }, decisions: { ruleset } })).toEqual([]);
    expect(told({ consents: {} })).toEqual([expect.stringMatching(/\/consents.*There are: site.*consent/)]);
    expect(told({ delivery: { batch: 3 } })).toEqual([expect.stringMatching(/\/delivery\/batch.*batchSize/)]);
    expect(told({ consent: { policy: {} } })).toEqual([expect.stringMatching(/policy\/version/)]);
    expect(told({ consent: { policy: { version: "1", mode: "optin" } } })).toEqual([
      expect.stringMatching(/policy\/mode.*"opt-in"/),
    ]);
  });

  it("are not looked for in production", () => {
    vi.stubEnv("NODE_ENV", "production");
    expect(told({ consents: {} })).toEqual([]);
  });
});

describe("the ruleset that decides", () => {
  it("can be an imported JSON file, and be asked for", () => {
    // As TypeScript sees one: numbers and texts, no literals.
    const document: {
      schemaVersion: number;
      revision: number;
      slots: {
        hero: { variants: { a: string }; fallback: string; policy: { type: string; rules: never[] } };
      };
    } = {
      schemaVersion: 1,
      revision: 3,
      slots: { hero: { variants: { a: "x" }, fallback: "a", policy: { type: "rules", rules: [] } } },
    };
    const attune = createAttune();
    expect(attune.ruleset()).toBeNull();
    attune.loadRuleset(document);
    expect(attune.ruleset()).toEqual(document);
    expect(createAttune({ decisions: { ruleset: document } }).ruleset()?.revision).toBe(3);
  });

  it("is refused where it cannot be decided by", () => {
    const slots = { hero: { variants: { a: 1 }, fallback: "b", policy: { type: "rules", rules: [] } } };
    expect(() => createAttune({ decisions: { ruleset: { schemaVersion: 1, revision: 1, slots } } })).toThrow(
      expect.objectContaining({ code: "ATTUNE_DECISIONS_INVALID_RULESET", path: "/slots/hero" }),
    );
  });
});
