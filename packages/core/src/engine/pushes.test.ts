import { describe, expect, it } from "vitest";
import { type FakeDevice, fakeDevice, fakeEnvironment } from "../../test/fake-environment.js";
import type { Pushed } from "../ports/environment.js";
import { createAttune } from "./create-attune.js";

const rules = (revision: number) => ({
  schemaVersion: 1,
  revision,
  segments: [
    { name: "buyers", enter: { revenue: { $gt: 0 } } },
    { name: "counted", enter: { revenue: { $gt: 0 } }, purposes: ["marketing"] },
  ],
  slots: {
    hero: {
      variants: { plain: `plain${revision}`, thanks: `thanks${revision}` },
      fallback: "plain",
      policy: { type: "rules", rules: [{ segment: "buyers", variant: "thanks" }] },
    },
  },
});
const entered = (segment: string): Pushed => ({
  type: "segments",
  changes: [{ segment, change: "entered" }],
});
const left = (segment: string): Pushed => ({ type: "segments", changes: [{ segment, change: "left" }] });
const order = { name: "Order Completed", properties: { revenue: 9 } };

async function page({
  device = fakeDevice(),
  mode = "none" as "none" | "opt-in",
}: {
  device?: FakeDevice;
  mode?: "none" | "opt-in";
} = {}) {
  const world = fakeEnvironment({ device });
  const followed: { visitorId: string | null; tell(pushed: Pushed): void; open: boolean }[] = [];
  const asked: { what: "ruleset" | "segments"; answer(value: unknown): void; fail(): void }[] = [];
  const answers = (what: "ruleset" | "segments") => () =>
    new Promise<never>((resolve, reject) =>
      asked.push({
        what,
        answer: resolve as (value: unknown) => void,
        fail: () => reject(new Error("away")),
      }),
    );
  const attune = createAttune({
    consent: { policy: { version: "1", mode } },
    decisions: { ruleset: rules(1) },
    environment: {
      ...world.environment,
      network: {
        ...(world.environment.network as NonNullable<typeof world.environment.network>),
        fetchRuleset: answers("ruleset"),
        fetchSegments: answers("segments"),
        follow(visitorId, tell) {
          const mine = { visitorId, tell, open: true };
          followed.push(mine);
          return () => {
            mine.open = false;
          };
        },
      },
    },
  });
  attune.start();
  await attune.ready();
  await world.time.settle();
  const hero = () => attune.decide("hero").value;
  const now = () => followed.filter(({ open }) => open);
  const tell = (pushed: Pushed): void => now()[0]?.tell(pushed);
  return { ...world, attune, followed, asked, hero, now, tell };
}

describe("what is pushed to a page", () => {
  it("decides by the newest ruleset, though an older one is answered later, and asks again where that failed", async () => {
    const { attune, asked, hero, tell, time, errors } = await page();
    tell({ type: "ruleset", version: "two" });
    await time.advance(1000);
    tell({ type: "ruleset", version: "three" });
    await time.advance(5000);
    expect(asked).toHaveLength(1);
    asked[0]?.answer(rules(2));
    await time.advance(1000);
    expect([asked.length, hero()]).toEqual([2, "plain2"]);
    asked[1]?.fail();
    await time.advance(60_000);
    expect([asked.length, errors.length]).toEqual([3, 1]);
    asked[2]?.answer(rules(3));
    await time.settle();
    expect(hero()).toBe("plain3");
    tell({ type: "ruleset", version: attune.snapshot().rulesetVersion as string });
    await time.advance(60_000);
    expect(asked).toHaveLength(3);
  });

  it("gives up on what fails five times in a row, until something is told again", async () => {
    const { asked, tell, time, errors } = await page();
    tell({ type: "ruleset", version: "two" });
    for (let tries = 0; tries < 8; tries++) {
      await time.advance(60_000);
      asked.at(-1)?.fail();
    }
    await time.advance(600_000);
    expect([asked.length, errors.length]).toEqual([5, 5]);
    tell({ type: "ruleset", version: "three" });
    await time.advance(1000);
    expect(asked).toHaveLength(6);
  });

  it("puts the visitor into segments that the server finds, for the pages after it too, and out of those that it has left", async () => {
    const device = fakeDevice();
    const first = await page({ device });
    const { id } = first.attune.visitor() as { id: string };
    expect(first.now().map(({ visitorId }) => visitorId)).toEqual([id]);
    let told = 0;
    first.attune.subscribe(() => told++);
    first.tell(entered("buyers"));
    expect([first.hero(), told]).toEqual(["thanks1", 1]);
    await first.attune.track("Product Viewed");
    expect(first.hero()).toBe("thanks1");
    first.tell(entered("unheard-of"));
    expect(Object.keys(first.attune.snapshot().segments)).toEqual(["buyers"]);
    await first.attune.close();
    expect(first.now()).toEqual([]);

    const next = await page({ device });
    expect(next.hero()).toBe("thanks1");
    await next.attune.track(order.name, order.properties);
    expect(Object.keys(next.attune.snapshot().segments).sort()).toEqual(["buyers", "counted"]);
    next.tell(left("buyers"));
    expect(next.hero()).toBe("plain1");
  });

  it("says nothing of a visitor whom the page becomes by an import", async () => {
    const [other, { attune, tell, hero, now }] = [await page(), await page()];
    await other.attune.track("Product Viewed");
    const data = await other.attune.export();
    tell(entered("buyers"));
    expect(hero()).toBe("thanks1");
    await attune.import(data);
    expect([hero(), attune.snapshot().segments]).toEqual(["plain1", {}]);
    expect(now().map(({ visitorId }) => visitorId)).toEqual([data.visitor?.id]);
  });

  it("asks what it may have missed, and lets no finding undo a change that came meanwhile", async () => {
    const { asked, hero, tell, time } = await page();
    tell({ type: "missed" });
    await time.advance(1000);
    expect(asked.map(({ what }) => what).sort()).toEqual(["ruleset", "segments"]);
    const segments = () => asked.filter(({ what }) => what === "segments");
    asked.find(({ what }) => what === "ruleset")?.answer(null);
    tell(entered("buyers"));
    segments()[0]?.answer([]);
    await time.advance(1000);
    expect([hero(), segments().length]).toEqual(["thanks1", 2]);
    segments()[1]?.answer([]);
    await time.settle();
    expect(hero()).toBe("plain1");
    tell({ type: "missed" });
    await time.advance(1000);
    segments()[2]?.answer(["buyers"]);
    await time.settle();
    expect(hero()).toBe("thanks1");
  });

  it("T25 names nobody without personalization, and nothing is open or left of it after a withdrawal", async () => {
    const device = fakeDevice();
    const { attune, now, tell, hero, followed, time } = await page({ device, mode: "opt-in" });
    await attune.track("Product Viewed");
    expect(followed).toEqual([]);
    await attune.consent.grant(["analytics"]);
    expect(now().map(({ visitorId }) => visitorId)).toEqual([null]);
    await attune.consent.grant("all");
    const first = attune.visitor()?.id;
    expect(now().map(({ visitorId }) => visitorId)).toEqual([first]);
    tell(entered("buyers"));
    expect(hero()).toBe("thanks1");
    await attune.reset();
    expect(now().map(({ visitorId }) => visitorId)).toEqual([attune.visitor()?.id]);
    expect(attune.visitor()?.id).not.toBe(first);
    expect(hero()).toBe("plain1");
    tell(entered("buyers"));
    await attune.consent.deny(["personalization"]);
    expect(now().map(({ visitorId }) => visitorId)).toEqual([null]);
    expect([hero(), attune.snapshot().segments]).toEqual(["plain1", {}]);
    await time.advance(1000);
    expect(JSON.stringify(device.values.get("visitor"))).not.toContain("buyers");
    const late = followed.at(-1);
    void attune.consent.withdraw();
    expect(now()).toEqual([]);
    late?.tell(entered("buyers"));
    await time.advance(1000);
    expect([device.values.size, attune.snapshot().segments]).toEqual([0, {}]);
  });
});
