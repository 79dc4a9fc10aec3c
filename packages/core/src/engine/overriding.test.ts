import { describe, expect, it } from "vitest";
import { type FakeOptions, fakeDevice, fakeEnvironment } from "../../test/fake-environment.js";
import type { TabOverrides } from "../ports/environment.js";
import { createAttune } from "./create-attune.js";

const slot = { variants: { a: 1, b: 2 }, fallback: "a" };
const split = { type: "split", experiment: "e", weights: { a: 1, b: 0 } };
const ruleset = {
  schemaVersion: 1,
  revision: 1,
  slots: { top: { ...slot, policy: split }, side: { ...slot, policy: split } },
};

/** A tab whose storage outlives its pages. */
function fakeTab() {
  const touched: string[] = [];
  let kept: ReturnType<TabOverrides["kept"]> = [];
  return {
    touched,
    kept: () => kept,
    open: (asked: TabOverrides["asked"]) => async (): Promise<TabOverrides> => ({
      asked,
      kept: () => {
        touched.push("read");
        return kept;
      },
      keep: (variants) => {
        touched.push("write");
        kept = variants;
      },
    }),
  };
}

async function page(
  tab: ReturnType<typeof fakeTab>,
  asked: TabOverrides["asked"],
  fake: FakeOptions = { device: fakeDevice() },
) {
  const { environment, ...world } = fakeEnvironment(fake);
  const attune = createAttune({
    environment: { ...environment, overrides: tab.open(asked) },
    consent: { policy: { version: "1" } },
    decisions: { ruleset },
  });
  attune.start();
  await attune.ready();
  return { attune, ...world };
}

describe("what a page's address asks for", () => {
  it("is shown without consent too, and touches nothing then (T24)", async () => {
    const tab = fakeTab();
    const { attune, device } = await page(tab, [["top", "b"]]);
    expect(attune.decide("top")).toMatchObject({ variant: "b", reason: "override", propensity: null });
    expect(attune.decide("side").reason).toBe("consent");
    expect(tab.touched).toEqual([]);
    expect(device.log.filter((touch) => touch.startsWith("storage"))).toEqual([]);
    await attune.close();
  });

  it("is kept for the tab from consent to withdrawal, until the address ends it", async () => {
    const tab = fakeTab();
    const device = fakeDevice();
    const first = await page(tab, [["top", "b"]], { device });
    await first.attune.consent.grant("all");
    expect(tab.kept()).toEqual([["top", "b"]]);
    await first.attune.close();
    const next = await page(tab, [["side", "b"]], { device });
    expect(next.attune.decide("top").reason).toBe("override");
    expect(tab.kept()).toEqual([
      ["top", "b"],
      ["side", "b"],
    ]);
    await next.attune.close();
    const ended = await page(tab, [["top", null]], { device });
    expect(ended.attune.decide("top")).toMatchObject({ variant: "a", reason: "split" });
    expect(ended.attune.decide("side").reason).toBe("override");
    expect(tab.kept()).toEqual([["side", "b"]]);
    await ended.attune.consent.withdraw();
    expect(tab.kept()).toEqual([]);
    await ended.attune.close();
  });

  it("is never told of, nor assigned, nor bucketed", async () => {
    const { attune, events, time } = await page(fakeTab(), [["top", "b"]]);
    await attune.consent.grant("all");
    attune.expose("top");
    await time.advance(5000);
    expect(events().map(({ name }) => name)).toEqual([]);
    const { state, exposures } = await attune.export();
    expect(exposures).toEqual([]);
    expect(state.learned.assignments).toBeUndefined();
    await attune.close();
  });

  it("that cannot be loaded is reported, and what is decided is shown", async () => {
    const tab = fakeTab();
    const cause = new Error("no such chunk");
    const { environment, errors } = fakeEnvironment();
    const attune = createAttune({
      environment: { ...environment, overrides: () => Promise.reject(cause) },
      consent: { policy: { version: "1" } },
      decisions: { ruleset },
    });
    attune.start();
    await attune.ready();
    await attune.consent.grant("all");
    expect(errors).toContain(cause);
    expect(attune.decide("top").reason).toBe("split");
    expect(tab.touched).toEqual([]);
    await attune.close();
  });
});
