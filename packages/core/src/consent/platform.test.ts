import { describe, expect, it } from "vitest";
import { fakeEnvironment } from "../../test/fake-environment.js";
import { createAttune } from "../engine/index.js";
import { connectConsentPlatform } from "./connect-platform.js";
import { connectGoogleConsent, googleConsentDefaults } from "./connect-google.js";
import { grantedPurposes, grantsOf } from "./grants.js";
import type { ConsentPolicy, Grants } from "./types.js";

function engineUnder(policy: Partial<ConsentPolicy> = {}) {
  const { environment } = fakeEnvironment();
  const attune = createAttune({ environment, consent: { policy: { version: "1", ...policy } } });
  return { attune };
}

/** A platform as hosts have them: it knows a decision or none, and calls back. */
function somePlatform(first: Grants | null = null) {
  let tell: (decided: Grants | null) => void = () => undefined;
  const told: Grants[] = [];
  let listening = false;
  return {
    told,
    decide: (decided: Grants | null) => tell(decided),
    isListening: () => listening,
    listen(listener: typeof tell) {
      tell = listener;
      listening = true;
      listener(first);
      return () => {
        listening = false;
      };
    },
    write: (grants: Grants) => void told.push(grants),
  };
}
const held = ({ consent }: ReturnType<typeof engineUnder>["attune"]) => grantedPurposes(consent.state.grants);
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("a consent platform that the host has", () => {
  it("decides for this engine, about every purpose, with its own name as the source", async () => {
    const { attune } = engineUnder();
    const platform = somePlatform();
    connectConsentPlatform(attune, platform);
    expect(attune.consent.state).toMatchObject({ status: "undecided", ask: "undecided" });
    platform.decide(grantsOf(["analytics", "marketing"]));
    await settled();
    expect(held(attune)).toEqual(["necessary", "analytics", "marketing"]);
    expect(attune.consent.state).toMatchObject({ status: "decided", ask: null, source: "platform" });
    platform.decide(grantsOf(["marketing"]));
    await settled();
    expect(held(attune)).toEqual(["necessary", "marketing"]);
    expect(platform.told).toEqual([]);
  });

  it("that says the same again, on every page, makes no new decision", async () => {
    const { attune } = engineUnder();
    const platform = somePlatform(grantsOf(["analytics"]));
    connectConsentPlatform(attune, platform);
    await settled();
    const { revision } = attune.consent.state;
    for (let page = 0; page < 3; page++) platform.decide(grantsOf(["analytics"]));
    await settled();
    expect(attune.consent.state.revision).toBe(revision);
  });

  it("that refuses everything leaves a refusal, and is not asked about again", async () => {
    const { attune } = engineUnder({ mode: "opt-out" });
    connectConsentPlatform(attune, somePlatform(grantsOf([])));
    await settled();
    expect(held(attune)).toEqual(["necessary"]);
    expect(attune.consent.state.ask).toBeNull();
  });

  it("is told of what is decided elsewhere, and only of that", async () => {
    const { attune } = engineUnder();
    const platform = somePlatform(grantsOf(["analytics", "personalization"]));
    const stop = connectConsentPlatform(attune, platform);
    await settled();
    await attune.consent.withdraw("all", "preferences");
    expect(platform.told.map(grantedPurposes)).toEqual([["necessary"]]);
    stop();
    expect(platform.isListening()).toBe(false);
    await attune.consent.grant("all", "preferences");
    platform.decide(grantsOf([]));
    await settled();
    expect(platform.told).toHaveLength(1);
    expect(held(attune)).toHaveLength(5);
  });

  it("that can be told is told in the next page of what it has missed", async () => {
    const { attune } = engineUnder();
    attune.start();
    await attune.consent.deny("all", "preferences");
    const platform = somePlatform(grantsOf(["analytics"]));
    connectConsentPlatform(attune, platform);
    await settled();
    expect(held(attune)).toEqual(["necessary"]);
    expect(platform.told.map(grantedPurposes)).toEqual([["necessary"]]);
  });

  it("T25 cannot undo a withdrawal that it was not told of, on any later page; a new decision through it can", async () => {
    const { environment } = fakeEnvironment();
    const visit = async (first: Grants | null) => {
      const attune = createAttune({ environment, consent: { policy: { version: "1" } } });
      const { write: _, ...platform } = somePlatform(first);
      const stop = connectConsentPlatform(attune, platform);
      await settled();
      return { attune, platform, stop };
    };
    const first = await visit(grantsOf(["analytics", "marketing"]));
    await first.attune.consent.withdraw(["marketing"], "preferences");
    first.stop();
    await first.attune.close();
    for (const [said, holds] of [
      [
        ["analytics", "marketing"],
        ["necessary", "analytics"],
      ],
      [["marketing"], ["necessary"]],
      [["analytics", "marketing"], ["necessary"]],
    ] as const) {
      const { attune, stop } = await visit(grantsOf(said));
      expect(held(attune)).toEqual(holds);
      stop();
      await attune.close();
    }
    const { attune, platform } = await visit(grantsOf(["analytics", "marketing"]));
    platform.decide(grantsOf(["marketing"]));
    await settled();
    expect(held(attune)).toEqual(["necessary", "marketing"]);
    await attune.close();
  });

  it("that throws breaks nothing where nobody is told of it", () => {
    const { attune } = engineUnder();
    const listen = (): never => {
      throw new Error("away");
    };
    expect(() => connectConsentPlatform(attune, { listen })()).not.toThrow();
    expect(attune.consent.state.status).toBe("undecided");
  });

  it("may neither be told of anything nor be left", async () => {
    const { attune } = engineUnder();
    const end = connectConsentPlatform(attune, { listen: (tell) => tell(grantsOf(["analytics"])) });
    await settled();
    await attune.consent.withdraw();
    expect(held(attune)).toEqual(["necessary"]);
    expect(end).not.toThrow();
  });

  it("T28 does not override Global Privacy Control", async () => {
    const { environment } = fakeEnvironment();
    const attune = createAttune({
      environment: { ...environment, privacy: { gpc: true } },
      consent: { policy: { version: "1" } },
    });
    connectConsentPlatform(attune, somePlatform(grantsOf(["analytics", "advertising"])));
    await settled();
    expect(held(attune)).toEqual(["necessary", "analytics"]);
  });

  it("that throws is reported and breaks nothing", async () => {
    const { attune } = engineUnder();
    const reported: unknown[] = [];
    const broken = {
      listen: () => {
        throw new Error("not loaded");
      },
    };
    const stop = connectConsentPlatform(attune, broken, (error) => reported.push(error));
    stop();
    expect(reported).toEqual([new Error("not loaded")]);
  });
});

describe("T28 Google Consent Mode v2", () => {
  const commands = (layer: unknown[]) =>
    layer.map((entry) => [Object.prototype.toString.call(entry), ...Array.from(entry as unknown[])]);
  const four = {
    ad_storage: "denied",
    ad_user_data: "denied",
    ad_personalization: "denied",
    analytics_storage: "denied",
  };

  it("has its four defaults denied before anything else, also where the region allows until refused", async () => {
    const { attune } = engineUnder({ mode: "opt-out" });
    const layer: unknown[] = [];
    const stop = connectGoogleConsent(attune, { layer });
    expect(commands(layer)).toEqual([
      [
        "[object Arguments]",
        "consent",
        "default",
        expect.objectContaining({ ...four, wait_for_update: 500 }),
      ],
      ["[object Arguments]", "consent", "update", expect.objectContaining({ ad_storage: "granted" })],
    ]);
    await attune.consent.withdraw();
    expect(commands(layer).at(-1)).toEqual([
      "[object Arguments]",
      "consent",
      "update",
      expect.objectContaining(four),
    ]);
    const count = layer.length;
    stop();
    await attune.consent.grant("all");
    expect(layer).toHaveLength(count);
  });

  it("finds the page's own layer, or makes it", () => {
    const page = globalThis as { dataLayer?: unknown[] };
    try {
      connectGoogleConsent(engineUnder().attune);
      expect(page.dataLayer).toHaveLength(2);
      const { dataLayer } = page;
      connectGoogleConsent(engineUnder().attune, { waitForUpdateMs: 100 });
      expect(page.dataLayer).toBe(dataLayer);
      expect(dataLayer).toHaveLength(3);
    } finally {
      delete page.dataLayer;
    }
  });

  it("tells of changes only, one update each", async () => {
    const { attune } = engineUnder();
    const layer: unknown[] = [];
    connectGoogleConsent(attune, { layer });
    await attune.consent.grant(["marketing"]);
    expect(layer).toHaveLength(2);
    await attune.consent.grant(["analytics"]);
    expect(commands(layer).at(-1)?.[3]).toMatchObject({ ...four, analytics_storage: "granted" });
    expect(layer).toHaveLength(3);
  });

  it("comes as a script for the head too, which the engine then does not repeat", async () => {
    const page: { dataLayer?: unknown[] } = {};
    new Function("window", `with (window) { ${googleConsentDefaults(300)} }`)(page);
    const layer = page.dataLayer ?? [];
    expect(commands(layer)).toEqual([
      [
        "[object Arguments]",
        "consent",
        "default",
        expect.objectContaining({ ...four, wait_for_update: 300 }),
      ],
    ]);
    connectGoogleConsent(engineUnder().attune, { layer });
    expect(commands(layer).map(([, , what]) => what)).toEqual(["default", "update"]);
  });
});
