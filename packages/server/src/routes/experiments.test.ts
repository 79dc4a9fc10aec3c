import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../client/index.js";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";

const VISITOR = "trying-visitor-0123456789";
const RULESET = {
  schemaVersion: 1 as const,
  revision: 1,
  metrics: {
    bought: { type: "conversion" as const, event: "Order Completed" },
    revenue: { type: "sum" as const, event: "Order Completed", value: "revenue" },
  },
  slots: {
    header: {
      variants: { plain: 1, bold: 2 },
      fallback: "plain",
      policy: { type: "rules" as const, rules: [{ variant: "plain" }] },
    },
    banner: {
      variants: { plain: 1, bold: 2 },
      fallback: "plain",
      policy: { type: "rules" as const, rules: [{ variant: "plain" }] },
    },
    footer: {
      variants: { plain: 1 },
      fallback: "plain",
      policy: { type: "rules" as const, rules: [{ variant: "plain" }] },
    },
    cta: {
      variants: { plain: "Buy", bold: "Get it" },
      fallback: "plain",
      targeting: { country: "DE" },
      policy: { type: "rules" as const, rules: [{ variant: "plain" }] },
    },
  },
};
const definition = (over: object = {}) => ({
  id: "cta-text",
  name: "Does the bold text sell?",
  slot: "cta",
  gates: { targeting: {} },
  policy: { type: "split" as const, weights: { plain: 0.5, bold: 0.5 } },
  measures: { primary: "bought", secondary: ["revenue"] },
  ...over,
});

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());
const host = () => createClient({ url: at.url, key: SECRET });
const slot = async () => (await host().ruleset()).slots["cta"];

describe("an experiment", () => {
  it("needs a ruleset, and is refused with the place of what is wrong", async () => {
    await expect(host().createExperiment(definition())).rejects.toMatchObject({ status: 409 });
    await host().publishRuleset(RULESET);
    for (const [over, path] of [
      [{ id: "no good" }, "/id"],
      [{ slot: "hero" }, "/slot"],
      [{ policy: { type: "rules", rules: [] } }, "/policy"],
      [{ policy: { type: "split", weights: { plain: 0.5, bald: 0.5 } } }, "/policy/weights/bald"],
      [{ measures: { primary: "sold" } }, "/measures/primary"],
      [{ gates: { targeting: { country: { $regex: "(" } } } }, "/gates/targeting"],
      [{ control: "bald" }, "/control"],
      [{ colour: "red" }, "/colour"],
    ] as const) {
      const refused = host().createExperiment(definition(over) as never);
      await expect(refused, path).rejects.toMatchObject({ status: 400 });
      const errors = await refused.catch(({ errors: found }: { errors: { path: string }[] }) => found);
      expect(
        (errors as { path: string }[]).some((one) => one.path.startsWith(path)),
        path,
      ).toBe(true);
    }
    expect((await host().experiments()).experiments).toEqual([]);
  });

  it("is a draft, runs, counts, stops, runs anew, and is shipped", async () => {
    const drafted = await host().createExperiment(definition());
    expect(drafted).toMatchObject({ status: "draft", run: 0, revision: 1, startedAt: null });
    await expect(host().createExperiment(definition())).rejects.toMatchObject({ status: 409 });
    expect(await slot()).toEqual(RULESET.slots.cta);
    await expect(host().stopExperiment("cta-text")).rejects.toMatchObject({ status: 409 });

    const started = await host().startExperiment("cta-text");
    expect(started).toMatchObject({ status: "running", run: 1, stoppedAt: null });
    expect(await slot()).toMatchObject({
      targeting: {},
      policy: { type: "split", experiment: "cta-text", weights: { plain: 0.5, bold: 0.5 } },
    });
    // The same again changes nothing.
    const { revision } = await host().ruleset();
    await host().startExperiment("cta-text");
    expect((await host().ruleset()).revision).toBe(revision);
    await expect(
      host().defineExperiment(
        "cta-text",
        definition({ policy: { type: "split", weights: { plain: 0.9, bold: 0.1 } } }) as never,
      ),
    ).rejects.toMatchObject({ status: 409 });
    expect(await host().defineExperiment("cta-text", definition({ name: "Bold?" }))).toMatchObject({
      name: "Bold?",
      status: "running",
    });

    const event = (name: string, properties: object) =>
      nativeEvent({ visitorId: VISITOR, name, properties, consent: ["analytics", "personalization"] }) as {
        name: string;
      };
    await host().sendBatch(
      [
        event("Variant Exposed", { experiment: "cta-text", slot: "cta", variant: "bold" }),
        event("Order Completed", { revenue: 20 }),
      ],
      { waitMs: 5000 },
    );
    expect(await at.server.service.experimentSums("cta-text")).toMatchObject({
      run: 1,
      variants: { bold: { units: 1, metrics: { revenue: { sum: 20 } } } },
    });

    expect(await host().stopExperiment("cta-text")).toMatchObject({ status: "stopped", run: 1 });
    expect(await slot()).toEqual(RULESET.slots.cta);
    expect(await at.server.service.experimentSums("cta-text")).toMatchObject({
      variants: { bold: { units: 1 } },
    });
    expect(await host().startExperiment("cta-text")).toMatchObject({ status: "running", run: 2 });
    expect(await at.server.service.experimentSums("cta-text")).toMatchObject({ run: 2, variants: {} });
    await expect(host().shipExperiment("cta-text", { variant: "bald" })).rejects.toMatchObject({
      status: 400,
    });
    expect(await host().shipExperiment("cta-text", { variant: "bold" })).toMatchObject({
      status: "shipped",
      shipped: "bold",
    });
    expect(await slot()).toMatchObject({
      targeting: { country: "DE" },
      policy: { type: "rules", rules: [{ id: "shipped-cta-text", variant: "bold" }] },
    });
    await expect(host().startExperiment("cta-text")).rejects.toMatchObject({ status: 409 });
    const { revisions } = await host().experimentHistory("cta-text");
    expect(revisions.map(({ status, run }) => `${status} ${run}`)).toEqual([
      "shipped 2",
      "running 2",
      "stopped 1",
      "running 1",
      "running 1",
      "draft 0",
    ]);
    expect(new Set(revisions.map(({ actor }) => actor)).size).toBe(1);
    const { entries } = await host().auditLog();
    expect(entries.filter(({ type }) => type === "experiment")).toHaveLength(6);
  });

  it("tells what it has shown, and anew as soon as that changes", async () => {
    await host().createExperiment(definition({ id: "live", slot: "banner" }));
    await host().startExperiment("live");
    const shown = async (count: number, from: number, variant: string, buys: (i: number) => boolean) => {
      const events = Array.from({ length: count }, (_, i) => {
        const visitorId = `live-visitor-0123456789-${from + i}`;
        const one = (name: string, properties: object) =>
          nativeEvent({ visitorId, name, properties, consent: ["analytics"] }) as { name: string };
        return [
          one("Variant Exposed", { experiment: "live", slot: "banner", variant }),
          ...(buys(i) ? [one("Order Completed", { revenue: 10 })] : []),
        ];
      }).flat();
      for (let at = 0; at < events.length; at += 500)
        await host().sendBatch(events.slice(at, at + 500), { waitMs: 5000 });
    };
    await shown(300, 0, "plain", (i) => i % 10 === 0);
    const signal = AbortSignal.timeout(20_000);
    const frames = host().experimentResultsStream("live", { signal });
    const first = (await frames.next()).value;
    expect(first).toMatchObject({ experiment: "live", run: 1, units: { plain: 300 }, crossed: 0 });
    // Nobody has seen the other variant: nothing wins by that.
    expect(first?.report?.decision.state).not.toBe("winner");
    await shown(300, 300, "bold", (i) => i % 3 === 0);
    let last = (await frames.next()).value;
    while (last && last.units?.["bold"] !== 300) last = (await frames.next()).value;
    await frames.return();
    const { report } = await host().experimentResults("live");
    expect(last?.report?.metrics).toEqual(report?.metrics);
    const [bought] = report?.metrics ?? [];
    expect(bought).toMatchObject({ name: "bought", role: "primary" });
    expect(bought?.comparisons[0]).toMatchObject({ variant: "bold", finding: "better" });
    expect(bought?.comparisons[0]?.probabilityToBeat).toBeGreaterThan(0.999);
    expect(report?.sampleRatio.state).toBe("ok");
    // Better, but it has not run for a week.
    expect(report?.decision).toMatchObject({ state: "collecting", code: "too-few-days", variant: "bold" });
    expect(await host().experimentResults("cta-text", { run: 1 })).toMatchObject({
      run: 1,
      units: { bold: 1 },
    });
    await expect(host().experimentResults("none")).rejects.toMatchObject({ status: 404 });
  });

  it("takes factors apart, also such as have three levels", async () => {
    await host().createExperiment(
      definition({
        ...{ id: "factors", slot: "footer", measures: { primary: "bought" } },
        policy: {
          type: "factorial",
          factors: { picture: { none: 0, old: 1, new: 2 }, button: { red: 1, green: 2 } },
        },
      }) as never,
    );
    await host().startExperiment("factors");
    const cells = ["none", "old", "new"].flatMap((picture) =>
      ["red", "green"].map((button) => `picture:${picture},button:${button}`),
    );
    const events = cells.flatMap((variant, cell) =>
      Array.from({ length: 20 }, (_, i) => {
        const visitorId = `factors-visitor-0123456789-${cell}-${i}`;
        const one = (name: string, properties: object) =>
          nativeEvent({ visitorId, name, properties, consent: ["analytics"] }) as { name: string };
        return [
          one("Variant Exposed", { experiment: "factors", slot: "footer", variant }),
          ...(i < 2 * (cell + 1) ? [one("Order Completed", { revenue: 10 })] : []),
        ];
      }).flat(),
    );
    await host().sendBatch(events, { waitMs: 5000 });
    const { report } = await host().experimentResults("factors");
    expect(report?.factorial).toMatchObject([
      {
        metric: "bought",
        effects: [
          { factors: ["picture"], level: { name: "old", against: "none" }, effect: expect.closeTo(0.2, 12) },
          { factors: ["picture"], level: { name: "new", against: "none" }, effect: expect.closeTo(0.4, 12) },
          { factors: ["button"], level: { name: "green", against: "red" }, effect: expect.closeTo(0.1, 12) },
        ],
      },
    ]);
    expect(report?.notes).toContainEqual({ code: "factorial-main-effects", severity: "info" });
  });

  it("says what another policy would have earned", async () => {
    const weights = { plain: 0.5, bold: 0.5 };
    await host().createExperiment(
      definition({ id: "logged", slot: "header", policy: { type: "split", weights } }),
    );
    await host().startExperiment("logged");
    // By phone the bold one sells, otherwise the plain one.
    const events = Array.from({ length: 600 }, (_, i) => {
      const visitorId = `logged-visitor-0123456789-${i}`;
      const [isPhone, variant] = [i % 2 === 0, i % 4 < 2 ? "plain" : "bold"];
      const one = (name: string, properties: object, at: number) =>
        nativeEvent({
          ...{ visitorId, name, properties, consent: ["analytics", "personalization"] },
          ...{ occurredAt: Date.now() - 10_000 + at, seq: at },
        }) as { name: string };
      return [
        ...(isPhone ? [one("Product Viewed", {}, 1)] : []),
        one("Variant Exposed", { experiment: "logged", slot: "header", variant, propensity: 0.5 }, 2),
        ...((isPhone === (variant === "bold") ? i % 5 < 2 : i % 20 === 0)
          ? [one("Order Completed", { revenue: 1 }, 3)]
          : []),
      ];
    }).flat();
    for (let from = 0; from < events.length; from += 1000)
      await host().sendBatch(events.slice(from, from + 1000), { waitMs: 8000 });
    const ask = (candidate: object, estimator = "snips") =>
      host().evaluatePolicy({ experiment: "logged", candidate, estimator } as never);
    const always = (variant: string) => ask({ type: "rules", rules: [{ variant }] });
    const matched = await ask({
      type: "rules",
      rules: [{ when: { productViews: { $gte: 1 } }, variant: "bold" }, { variant: "plain" }],
    });
    expect(matched).toMatchObject({ experiment: "logged", run: 1, metric: "bought", isPart: false });
    expect(matched.value.refusal).toBeNull();
    expect(matched.value.interval?.lower).toBeGreaterThan(0.3);
    for (const variant of ["plain", "bold"])
      expect((await always(variant)).value.interval?.upper).toBeLessThan(matched.value.value as number);
    // As it was: what was seen.
    const same = await ask({ type: "split", experiment: "logged", weights });
    expect(same.value.difference?.value).toBeCloseTo(0, 2);
    const doubly = await ask({ type: "rules", rules: [{ variant: "bold" }] }, "dr");
    expect(doubly.value.value).toBeCloseTo((await always("bold")).value.value as number, 1);
    await expect(ask({ type: "rules", rules: [{ variant: "bald" }] })).rejects.toMatchObject({ status: 400 });
    await expect(
      host().evaluatePolicy({ experiment: "none", candidate: { type: "rules", rules: [] } }),
    ).rejects.toMatchObject({ status: 404 });
  });

  it("waits for its slot while another decides it", async () => {
    await host().createExperiment(definition({ id: "one" }));
    await host().createExperiment(definition({ id: "two" }));
    await host().startExperiment("one");
    await expect(host().startExperiment("two")).rejects.toMatchObject({ status: 409 });
    await host().stopExperiment("one");
    expect(await host().startExperiment("two")).toMatchObject({ status: "running" });
  });

  it("is nobody's business who has only the key of a page", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/cta-text"],
      ["POST", "/cta-text/start"],
      ["PUT", "/cta-text"],
    ])
      expect((await at.call(`/api/v1/experiments${path}`, { method: method as string })).status).toBe(403);
    expect((await at.call("/api/v1/experiments/none", { key: SECRET })).status).toBe(404);
  });
});
