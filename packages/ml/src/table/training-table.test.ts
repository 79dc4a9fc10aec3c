import type { Event } from "@attune/core";
import { featureArray, FEATURES, FEATURES_VERSION, fold, initialState } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  days,
  type TrainingLabel,
  trainingTable,
  type TrainingTableOptions,
  trainingTables,
} from "./index.js";

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

let made = 0;
function event(at: number, name: string, over: Partial<Event> = {}): Event {
  return {
    ...{ id: `e${(made += 1)}`, schemaVersion: 1, site: "default", visitorId: "v", sessionId: null },
    ...{ deviceId: null, userId: null, seq: null, occurredAt: START + at, sentAt: null, receivedAt: null },
    ...{ tzOffset: 0, name, properties: {}, context: { device: { type: "mobile" }, country: "DE" } },
    consent: { purposes: ["analytics", "personalization"], policyVersion: null },
    ...over,
  };
}
const view = (at: number): Event =>
  event(at, "Page Viewed", { properties: {}, context: { page: { path: `/${at}` } } });
const order = (at: number): Event => event(at, "Order Completed", { properties: { revenue: 10 } });
/** So many pages, a minute apart. */
const visit = (at: number, pages = 3): Event[] =>
  Array.from({ length: pages }, (_, i) => view(at + i * 60_000));

const BUYS: TrainingLabel = { kind: "event", event: "Order Completed", withinMs: days(7) };
const table = (histories: Event[][], over: Partial<TrainingTableOptions> = {}) =>
  trainingTable(histories, { label: BUYS, until: START + days(100), ...over });

describe("trainingTable", () => {
  it("takes a row at the third event of each session, as the fold had it then", async () => {
    const history = [...visit(0, 5), ...visit(days(2), 2), ...visit(days(3))];
    const { rows, labels, inputs, times, featuresVersion } = await table([history]);
    expect(labels).toEqual(Uint8Array.of(0, 0));
    expect(inputs).toEqual(FEATURES.map(({ name }) => name));
    expect(featuresVersion).toBe(FEATURES_VERSION);
    expect([...times]).toEqual([START + 120_000, START + days(3) + 120_000]);
    const first = history.slice(0, 3).reduce(fold, initialState());
    expect(rows.subarray(0, inputs.length)).toEqual(featureArray(first));
    expect(rows.subarray(inputs.length)).toEqual(featureArray(history.reduce(fold, initialState())));
  });

  it("labels orders by what came after, within the time", async () => {
    const labelsOf = async (...after: Event[]) => [...(await table([[...visit(0), ...after]])).labels];
    expect(await labelsOf()).toEqual([0]);
    expect(await labelsOf(order(HOUR))).toEqual([1]);
    expect(await labelsOf(order(days(6)))).toEqual([1]);
    expect(await labelsOf(order(days(8)))).toEqual([0]);
    // Folded later, but of before.
    expect(await labelsOf(order(60_000))).toEqual([0]);
    expect([...(await table([[order(0), ...visit(60_000, 2)]])).labels]).toEqual([0]);
  });

  it("labels returns by sessions that begin after it", async () => {
    const label = { kind: "returns", withinMs: days(7) } as const;
    const labelsOf = async (...after: Event[]) => [
      ...(await table([[...visit(0), ...after]], { label })).labels,
    ];
    expect(await labelsOf()).toEqual([0]);
    expect(await labelsOf(view(300_000))).toEqual([0]);
    expect(await labelsOf(view(days(6)))).toEqual([1]);
    expect(await labelsOf(view(days(9)))).toEqual([0]);
  });

  it("labels depth by the rest of the same visit, once that is over", async () => {
    const label = { kind: "depth", depth: 0.75 } as const;
    const scroll = (at: number, depth: number) => event(at, "Page Scrolled", { properties: { depth } });
    const of = (history: Event[], until = START + days(1)) => table([history], { label, until });
    expect([...(await of([...visit(0), scroll(200_000, 0.8)])).labels]).toEqual([1]);
    expect([...(await of([...visit(0), scroll(200_000, 0.5)])).labels]).toEqual([0]);
    expect([...(await of([...visit(0), scroll(5 * HOUR, 0.9)])).labels]).toEqual([0]);
    const reached = await of([view(0), scroll(1000, 0.9), ...visit(60_000)]);
    expect(reached).toMatchObject({ labels: Uint8Array.of(), leftOut: { settled: 1 } });
    const open = await of(visit(0), START + HOUR / 2);
    expect(open).toMatchObject({ labels: Uint8Array.of(), leftOut: { censored: 1 } });
  });

  it("leaves out rows whose time is not over, also where they have come true", async () => {
    const early = { until: START + days(5) };
    for (const history of [visit(0), [...visit(0), order(HOUR)]])
      expect(await table([history], early)).toMatchObject({
        labels: Uint8Array.of(),
        leftOut: { censored: 1 },
      });
    expect(await table([visit(0)], { from: START + HOUR })).toMatchObject({ leftOut: { early: 1 } });
  });

  it("reads no event that consent does not cover, and says where rows come from", async () => {
    const uncovered = { consent: { purposes: ["analytics" as const], policyVersion: null } };
    const history = [...visit(0), { ...order(HOUR), ...uncovered }];
    const { labels, groups, slices, visitors } = await table([
      history,
      visit(0).map((one) => ({ ...one, ...uncovered })),
      [event(0, "Page Viewed"), ...visit(60_000)],
    ]);
    expect({ labels: [...labels], groups: [...groups], visitors }).toEqual({
      labels: [0, 0],
      groups: [0, 1],
      visitors: 2,
    });
    expect(slices).toEqual({ device: [null, "mobile"], region: [null, "DE"] });
  });

  it("takes whole visitors of more than there is room for, and says out of how many", async () => {
    const people = Array.from({ length: 60 }, (_, v) => [...visit(v * 1000), ...visit(days(2) + v * 1000)]);
    const all = await table(people);
    expect(all).toMatchObject({ visitors: 60 });
    expect(all).not.toHaveProperty("sampledFrom");
    const some = await table(people, { maxRows: 25 });
    expect(some.labels).toHaveLength(24);
    expect(some).toMatchObject({ visitors: 12, sampledFrom: { rows: 120, visitors: 60 } });
    expect([...some.groups]).toEqual(Array.from({ length: 24 }, (_, i) => i >> 1));
    expect(await table(people, { maxRows: 25 })).toEqual(some);
    expect((await table(people, { maxRows: 25, seed: 2 })).times).not.toEqual(some.times);
    for (const maxRows of [0, 1.5, Number.NaN])
      await expect(table([], { maxRows })).rejects.toMatchObject({ code: "ATTUNE_ML_MAX_ROWS" });
  });

  it("makes several tables of one reading, each as it would be alone", async () => {
    let read = 0;
    const people = [[...visit(0), order(HOUR)], visit(days(1))];
    function* histories() {
      read += 1;
      yield* people;
    }
    const asked = [BUYS, { kind: "returns", withinMs: days(2) } as const].map((label) => ({
      ...{ label, until: START + days(100) },
    }));
    const tables = await trainingTables(histories(), asked);
    expect(read).toBe(1);
    expect(tables).toEqual(await Promise.all(asked.map((one) => trainingTable(people, one))));
  });

  it("refuses what cannot be predicted", async () => {
    for (const label of [
      { kind: "event", event: "", withinMs: 1 },
      { kind: "returns", withinMs: 0 },
      { kind: "returns", withinMs: Number.POSITIVE_INFINITY },
      { kind: "depth", depth: 2 },
    ] as const)
      await expect(table([], { label })).rejects.toMatchObject({ code: "ATTUNE_ML_LABEL" });
    await expect(table([], { atEvent: 0 })).rejects.toMatchObject({ code: "ATTUNE_ML_MOMENT" });
  });

  const anyEvent = fc
    .record({
      at: fc.integer({ min: 0, max: days(40) }),
      kind: fc.constantFrom(
        "Page Viewed",
        "Product Viewed",
        "Product Added",
        "Order Completed",
        "Page Scrolled",
      ),
      depth: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ at, kind, depth }) =>
      event(at, kind, { properties: { depth, revenue: 5, price: 3, product_id: "p" } }),
    );
  const anyHistory = fc
    .array(anyEvent, { minLength: 1, maxLength: 30 })
    .map((events) => events.sort((a, b) => a.occurredAt - b.occurredAt));

  it("never looks ahead: what comes later changes no feature, and what comes after its time no label", async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, fc.integer({ min: 1, max: 3 }), async (history, atEvent) => {
        const whole = await table([history], { atEvent });
        for (let i = 0; i < whole.labels.length; i++) {
          const at = whole.times[i] as number;
          const width = whole.inputs.length;
          const row = whole.rows.subarray(i * width, (i + 1) * width);
          const known = history.filter(({ occurredAt }) => occurredAt <= at + days(7));
          const cut = await table([known], { atEvent });
          const same = [...cut.times].indexOf(at);
          expect(cut.labels[same]).toBe(whole.labels[i]);
          expect(cut.rows.subarray(same * width, (same + 1) * width)).toEqual(row);
          const past = await table([history.filter(({ occurredAt }) => occurredAt <= at)], { atEvent });
          const then = [...past.times].indexOf(at);
          // Events of the very same millisecond may come after it.
          if (history.filter(({ occurredAt }) => occurredAt === at).length === 1)
            expect(past.rows.subarray(then * width, (then + 1) * width)).toEqual(row);
        }
      }),
      { numRuns: 30 },
    );
  });
});
