import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Event } from "../events/types.js";
import { features, fold, initialState, type VisitorState } from "./index.js";

const SHARED =
  process.env["ATTUNE_SHARED"] ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));
const SHOP = `${SHARED}/data/rees46-sample/events.csv`;
const WEBLOG = `${SHARED}/data/weblog-150users/visits.csv.gz`;

function present(file: string, what: string): boolean {
  const there = existsSync(file);
  if (!there) console.warn(`left out: ${what} (no data at ATTUNE_SHARED or ../shared)`);
  return there;
}

const event = (
  visitorId: string,
  sessionId: string | null,
  occurredAt: number,
  name: string,
  properties: Event["properties"] = {},
): Event => ({
  id: "",
  schemaVersion: 1,
  site: "default",
  visitorId,
  sessionId,
  deviceId: null,
  userId: null,
  seq: null,
  occurredAt,
  sentAt: null,
  receivedAt: null,
  tzOffset: null,
  name,
  properties,
  context: {},
  consent: { purposes: ["necessary", "personalization"], policyVersion: null },
});

const NAMES: Record<string, string> = {
  view: "Product Viewed",
  cart: "Product Added",
  purchase: "Order Completed",
};

function shopEvent(row: string): Event {
  const [time = "", type = "", product = "", , category = "", brand = "", price, user = "", session] =
    row.split(",");
  const money = Number(price);
  return event(
    user,
    session || null,
    Date.parse(time.replace(" UTC", "Z").replace(" ", "T")),
    NAMES[type] as string,
    {
      product_id: product,
      category,
      brand,
      price: money,
      revenue: money,
    },
  );
}

/** Folds each visitor's events in the order given. */
function foldAll(events: Iterable<Event>): Map<string, VisitorState> {
  const states = new Map<string, VisitorState>();
  for (const next of events)
    states.set(next.visitorId, fold(states.get(next.visitorId) ?? initialState(), next));
  return states;
}

describe.skipIf(!present(SHOP, "the shop's clickstream"))("a shop's clickstream", () => {
  it("adds up to the known totals, with every state in 2 KB", () => {
    const rows = readFileSync(SHOP, "utf8").trimEnd().split("\n").slice(1);
    const unique = [...new Set(rows)];
    expect(rows.length - unique.length).toBe(5);
    const total = (list: string[], name: "productViews" | "cartAdds" | "purchases") =>
      [...foldAll(list.map(shopEvent)).values()].reduce((sum, state) => sum + features(state)[name], 0);
    expect([total(rows, "productViews"), total(rows, "cartAdds"), total(rows, "purchases")]).toEqual([
      13_373, 140, 172,
    ]);

    const given = unique.filter((row) => !row.endsWith(","));
    const sessions = (list: string[]) =>
      [...foldAll(list.map(shopEvent)).values()].reduce((sum, state) => sum + state.sessions, 0);
    const pairs = new Set(given.map((row) => row.split(",").slice(7).join())).size;
    expect(pairs).toBe(3_988);
    expect(sessions(given)).toBe(pairs);
    // The last row is cut off: no session id, hence one derived session.
    expect(sessions(unique)).toBe(pairs + 1);
    const states = foldAll(given.map(shopEvent));
    for (const state of states.values())
      expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThanOrEqual(2048);
  });
});

describe.skipIf(!present(WEBLOG, "half a year of web visits"))("half a year of web visits", () => {
  it("falls into the known number of sessions", { timeout: 60_000 }, () => {
    const visits = new Map<string, number[]>();
    for (const row of gunzipSync(readFileSync(WEBLOG)).toString("utf8").trimEnd().split("\n").slice(1)) {
      const [visitor = "", time = ""] = row.split(",", 2);
      const times = visits.get(visitor);
      const at = Date.parse(`${time.replace(" ", "T")}Z`);
      if (times) times.push(at);
      else visits.set(visitor, [at]);
    }
    expect(visits.size).toBe(125);
    let sessions = 0;
    for (const [visitor, times] of visits) {
      let state = initialState();
      for (const at of times.sort((a, b) => a - b))
        state = fold(state, event(visitor, null, at, "Page Viewed"));
      sessions += state.sessions;
    }
    expect(sessions).toBe(6_410);
  });
});
