import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Event } from "../events/types.js";
import { seededRandom } from "../kernel/random.js";
import {
  FEATURES_VERSION,
  features,
  type FeatureVector,
  fold,
  initialState,
  type VisitorState,
} from "./index.js";

/*
 * golden.json holds a recorded stream and what folding it gives after every tenth event, for other engines and languages to
 * reproduce bit for bit. `UPDATE_GOLDEN=1` writes it anew after an intended change (which is another STATE_VERSION or FEATURES_VERSION).
 */
const FILE = fileURLToPath(new URL("./golden.json", import.meta.url));
const EVERY = 10;

interface Golden {
  description: string;
  featuresVersion: string;
  events: Event[];
  /** After the event of this number (from 1). */
  checkpoints: { after: number; state: VisitorState; features: FeatureVector }[];
  state: VisitorState;
  features: FeatureVector;
}

const NAMES =
  "Page Viewed|Page Viewed|Page Scrolled|Page Engaged|Element Clicked|Products Searched|Product List Viewed|Product Viewed|Product Viewed|Product Added|Product Removed|Checkout Started|Order Completed|Signed In|Quiz Finished|Variant Exposed".split(
    "|",
  );
const CATEGORIES =
  "appliances.kitchen.mixer|Küchengeräte|家電|garden|a very long category name that is cut|toys|shoes|books|".split(
    "|",
  );

function stream(): Event[] {
  const random = seededRandom(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let at = 1_767_603_600_000;
  return Array.from({ length: 100 }, (_, i): Event => {
    at += Math.floor(random() < 0.12 ? random() * 4e8 : random() * 90_000);
    const late = random() < 0.05 ? Math.floor(random() * 7e6) : 0;
    const path = `/p/${Math.floor(random() * 3)}`;
    return {
      id: `golden-${i}`,
      schemaVersion: 1,
      site: "default",
      visitorId: "golden-visitor",
      sessionId: random() < 0.3 ? `s-${Math.floor(i / 25)}-${Math.floor(random() * 2)}` : null,
      deviceId: null,
      userId: null,
      seq: i,
      occurredAt: at - late,
      sentAt: null,
      receivedAt: null,
      tzOffset: 60,
      name: pick(NAMES),
      properties: {
        depth: random(),
        activeMs: random() * 20_000,
        category: pick(CATEGORIES),
        brand: pick(["fjell", "halden", "Ærø", ""]),
        price: Math.round(random() * 30_000) / 100,
        quantity: 1 + Math.floor(random() * 3),
        discount: random() < 0.3 ? 0.1 : 0,
        revenue: random() * 200,
      },
      context: {
        page: {
          path,
          url: `https://shop.example${path}`,
          referrer: pick([
            "",
            "https://www.google.com",
            "https://www.google.com",
            "https://t.co",
            "https://shop.example",
            "https://blog.example",
          ]),
        },
        device: { type: pick(["desktop", "mobile"]) },
        language: "nb-NO",
        country: "NO",
        ...(random() < 0.05 && { campaign: { source: pick(["newsletter", "ads"]), medium: "email" } }),
      },
      consent: {
        purposes: random() < 0.9 ? ["necessary", "analytics", "personalization"] : ["necessary", "analytics"],
        policyVersion: "1",
      },
    };
  });
}

function record(events: Event[]): Golden {
  let state = initialState();
  const checkpoints: Golden["checkpoints"] = [];
  events.forEach((event, i) => {
    state = fold(state, event);
    if ((i + 1) % EVERY === 0) checkpoints.push({ after: i + 1, state, features: features(state) });
  });
  const description =
    "Fold `events` in order from the initial state: the states and features must be equal to the last bit.";
  return {
    description,
    featuresVersion: FEATURES_VERSION,
    events,
    checkpoints,
    state,
    features: features(state),
  };
}

if (process.env["UPDATE_GOLDEN"]) writeFileSync(FILE, `${JSON.stringify(record(stream()), null, 1)}\n`);

describe("T33 golden vectors of the fold", () => {
  const golden = JSON.parse(readFileSync(FILE, "utf8")) as Golden;

  it("are what this engine computes, bit for bit", () => {
    expect(JSON.parse(JSON.stringify(record(golden.events)))).toEqual(golden);
  });

  it("cover every feature", () => {
    const seen = new Map(Object.keys(golden.features).map((name) => [name, new Set<number>()]));
    let state = initialState();
    for (const event of golden.events) {
      state = fold(state, event);
      for (const [name, value] of Object.entries(features(state))) seen.get(name)?.add(value);
    }
    expect([...seen].filter(([, values]) => values.size < 2).map(([name]) => name)).toEqual([]);
  });
});
