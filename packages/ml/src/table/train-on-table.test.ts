import { type Event, seededRandom } from "@attune/core";
import { describe, expect, it } from "vitest";
import { compileModel } from "../model/compile-model.js";
import {
  days,
  type ReportCard,
  type TrainingTable,
  trainingTable,
  trainOnTable,
  worseThan,
} from "./index.js";

const START = Date.UTC(2026, 0, 1);
const LABEL = { kind: "event", event: "Order Completed", withinMs: days(7) } as const;

/** A shop's visitors: who looks at many products in a short while mostly buys. `blind`: nothing tells who buys. */
function shop(visitors: number, seed: number, blind = false): Event[][] {
  const random = seededRandom(seed);
  return Array.from({ length: visitors }, (_, v) => {
    const isKeen = random() < 0.3;
    const buys = random() < (blind ? 0.3 : isKeen ? 0.8 : 0.05);
    let at = START + Math.floor(random() * days(20));
    let seq = 0;
    const event = (name: string, properties: Event["properties"] = {}): Event => ({
      ...{ id: `${v}-${(seq += 1)}`, schemaVersion: 1, site: "default", visitorId: `v${v}`, sessionId: null },
      ...{ deviceId: null, userId: null, seq, occurredAt: (at += 20_000), sentAt: null, receivedAt: at },
      ...{ tzOffset: 0, name, properties },
      context: {
        device: { type: v % 3 === 0 ? "mobile" : "desktop" },
        country: v % 50 === 0 ? "LI" : v % 2 === 0 ? "DE" : "FR",
      },
      consent: { purposes: ["analytics", "personalization"], policyVersion: null },
    });
    const looks = (isKeen ? 2 : 0) + Math.floor(random() * 2);
    return [
      event("Page Viewed"),
      ...Array.from({ length: looks }, () => event("Product Viewed", { product_id: "p", price: 20 })),
      ...Array.from({ length: 4 - looks }, () => event("Page Viewed")),
      ...(buys ? [event("Order Completed", { revenue: 20 })] : []),
    ];
  });
}
const tableOf = (histories: Event[][]): Promise<TrainingTable> =>
  trainingTable(histories, { label: LABEL, until: START + days(40), atEvent: 4 });
const OPTIONS = { name: "buys-soon", label: LABEL, boosting: { rounds: 25, learningRate: 0.3 } };
const good = (async () => {
  const table = await tableOf(shop(900, 1));
  return { table, ...trainOnTable(table, OPTIONS) };
})();

describe("trainOnTable", () => {
  it("learns what tells who buys, and says how well, from rows that it had not seen", async () => {
    const { table, trained, card, reference } = await good;
    expect(card).toMatchObject({ v: 1, visitors: 900, trainedOn: { rows: 900 }, leftOut: { censored: 0 } });
    expect(trained.metadata).toMatchObject({
      ...{ name: "buys-soon", outputs: ["buys-soon"], label: "Order Completed within 7 days" },
      ...{ purposes: ["personalization"], featuresVersion: table.featuresVersion },
    });
    expect(card.metrics.auc?.value).toBeGreaterThan(0.85);
    expect(card.metrics.auc?.lower).toBeLessThan(card.metrics.auc?.value ?? 0);
    expect(card.metrics.ece).toBeLessThan(0.05);
    // What is no look at a product is a look at the same page again.
    expect(card.contributions[0]?.feature).toMatch(/^(productViews|uniquePage|pages|averageViewedPrice)/);
    expect(card.contributions.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    // Of each feature the values, and no row of anybody.
    const width = table.inputs.length;
    const column = (rows: Float64Array, at: number) => rows.filter((_, i) => i % width === at);
    for (let at = 0; at < width; at++) expect(column(reference, at)).toEqual(column(table.rows, at).sort());
    expect(worseThan(card, null)).toBeNull();
    // The figures hold on visitors of another day.
    const fresh = await tableOf(shop(900, 2));
    const scores = compileModel(trained)(fresh.rows);
    const rate = fresh.labels.reduce((sum, label) => sum + label, 0) / fresh.labels.length;
    expect(scores.reduce((sum, score) => sum + score, 0) / scores.length).toBeCloseTo(rate, 1);
    expect(JSON.parse(JSON.stringify(card))).toEqual(card);
  });

  it("tells of groups of 20 visitors or more, and counts the others", async () => {
    const { card, table } = await good;
    const drawn = { ...table, sampledFrom: { rows: 5000, visitors: 4000 } };
    expect(trainOnTable(drawn, OPTIONS).card).toMatchObject({ sampledFrom: drawn.sampledFrom });
    expect(card).not.toHaveProperty("sampledFrom");
    expect(card.slices.map(({ by, group }) => `${by} ${group}`)).toEqual([
      ...["device desktop", "device mobile", "region FR", "region DE"],
    ]);
    expect(card.tooSmall).toEqual({ device: 0, region: 1 });
    for (const { rate, meanScore } of card.slices) {
      expect(meanScore).toBeGreaterThan(rate.lower - 0.03);
      expect(meanScore).toBeLessThan(rate.upper + 0.03);
    }
  });

  it("is not to be tried where it tells nothing, or less than the one in force", async () => {
    const table = await tableOf(shop(300, 3, true));
    const blind = trainOnTable(table, OPTIONS);
    expect(worseThan(blind.card, null)).toContain("chance");
    expect(trainOnTable(table, OPTIONS).card).toEqual(blind.card);
    const { card } = await good;
    const weak = { ...card, metrics: { ...card.metrics, auc: { value: 0.6, lower: 0.55, upper: 0.65 } } };
    expect(worseThan(weak as ReportCard, card)).toContain("less than the model in force");
    expect(worseThan(card, weak as ReportCard)).toBeNull();
  });

  it("says that there is too little to learn from", async () => {
    for (const table of [await tableOf(shop(50, 1)), await tableOf([])])
      expect(() => trainOnTable(table, OPTIONS)).toThrow("a model needs 200");
    const table = await tableOf(shop(300, 1));
    expect(() => trainOnTable({ ...table, labels: table.labels.map(() => 1) }, OPTIONS)).toThrow(
      "20 of each kind",
    );
  });
});
