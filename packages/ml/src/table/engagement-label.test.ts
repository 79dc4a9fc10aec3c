import { type Event, FEATURES, type FeatureVector, seededRandom } from "@attune/core";
import { engagementScore } from "@attune/core/engagement";
import { describe, expect, it } from "vitest";
import { metrics } from "../training/index.js";
import { normal } from "../training/testing.fixture.js";
import { days, type TrainingLabel, type TrainingTable, trainingTable, trainOnTable } from "./index.js";

const START = Date.UTC(2026, 0, 1);
const SECOND = 1000;
/** The moment of a row: two page views, one scroll, one stretch of active time and three deeds have come by then. */
const MOMENT = 7;
const VISITORS = 1000;

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** What was planted: how much each visitor cares, and what of that shows in the first minute. */
interface Reader {
  readonly history: Event[];
  /** Mean of the interest given what shows of it: nothing can tell more from the row. */
  readonly known: number;
}

/** Who cares stays longer and reads further, and by that alone comes back within the week, or goes on to the end of the page. `blind`: comes back by chance. */
function reader(index: number, seed: number, blind: boolean): Reader {
  const random = seededRandom(seed * 100_003 + index);
  const interest = normal(random);
  const [time, depth] = [0.7 * interest + 0.6 * normal(random), 0.7 * interest + 0.6 * normal(random)];
  const goesOn = random() < logistic((blind ? 0 : 1.8 * interest) - 0.5);
  const returns = random() < logistic((blind ? 0 : 1.8 * interest) - 0.5);
  let [at, seq] = [START + Math.floor(random() * days(10)), 0];
  const event = (name: string, properties: Event["properties"] = {}): Event => ({
    ...{ id: `${index}-${(seq += 1)}`, schemaVersion: 1, site: "default", visitorId: `v${index}` },
    ...{ sessionId: null, deviceId: null, userId: null, seq, occurredAt: (at += 5 * SECOND), sentAt: null },
    ...{ receivedAt: at, tzOffset: 0, name, properties, context: { device: { type: "desktop" } } },
    consent: { purposes: ["analytics", "personalization"], policyVersion: null },
  });
  const first = [
    ...[event("Page Viewed"), event("Element Clicked"), event("Page Viewed"), event("Element Clicked")],
    ...[event("Text Copied"), event("Page Engaged", { activeMs: 20 * SECOND * Math.exp(time) })],
    event("Page Scrolled", { depth: 0.7 * logistic(depth) }),
  ];
  const rest = goesOn ? [event("Page Scrolled", { depth: 0.9 })] : [];
  at += returns ? days(1 + 5 * random()) : days(9);
  const later = returns || random() < 0.3 ? [event("Page Viewed")] : [];
  // Two measures of one normal number: their sum tells all that both do.
  return { history: [...first, ...rest, ...later], known: time + depth };
}

async function measured(label: TrainingLabel, { blind = false } = {}) {
  const readers = Array.from({ length: VISITORS }, (_, i) => reader(i, 3, blind));
  const table = await trainingTable(
    readers.map(({ history }) => history),
    { label, until: START + days(60), atEvent: MOMENT },
  );
  expect(table.labels.length).toBe(VISITORS);
  const aucOf = (scores: readonly number[]) => metrics(scores.map(logistic), table.labels).auc;
  const { card } = trainOnTable(table, {
    ...{ name: "engaged", label },
    boosting: { rounds: 30, learningRate: 0.3, tree: { leaves: 4 } },
  });
  return {
    model: card.metrics.auc,
    fixed: aucOf(rowsOf(table).map((row) => engagementScore(row).value)),
    known: aucOf(readers.map(({ known }) => known)),
  };
}

function rowsOf({ rows, inputs, labels }: TrainingTable): FeatureVector[] {
  return Array.from(labels, (_, i) => {
    const own = FEATURES.map(({ name }, j) => [name, rows[i * inputs.length + j]] as const);
    return Object.fromEntries(own) as unknown as FeatureVector;
  });
}

describe("engagement beside what visitors then did", () => {
  it.each<[string, TrainingLabel]>([
    ["they return within seven days", { kind: "returns", withinMs: days(7) }],
    ["they read to the end of a page", { kind: "depth", depth: 0.75 }],
  ])("%s: near what can be known, as a model and as the fixed sum", async (_what, label) => {
    const { model, fixed, known } = await measured(label);
    const most = known?.value as number;
    expect(most).toBeGreaterThan(0.75);
    // Out of fold, calibration included. What can be known holds on average, not on every draw.
    expect(model?.value).toBeGreaterThan(most - 0.03);
    expect(model?.value).toBeLessThan(most + 0.02);
    expect(fixed?.value).toBeGreaterThan(most - 0.05);
    expect(fixed?.value).toBeLessThan(most + 0.02);
  });

  it("tells nothing where nothing is to be told", async () => {
    const { model, fixed } = await measured({ kind: "returns", withinMs: days(7) }, { blind: true });
    for (const auc of [model, fixed]) {
      expect(auc?.lower).toBeLessThan(0.52);
      expect(auc?.upper).toBeGreaterThan(0.48);
    }
  });
});
