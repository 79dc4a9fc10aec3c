import { describe, expect, it } from "vitest";
import { PURPOSES, type Purpose } from "../consent/types.js";
import { createAttune } from "../engine/index.js";
import { memoryLog, memoryStore } from "../memory/index.js";
import { createPersonalizationService } from "./create-service.js";
import { T0 } from "./service.test.suite.js";

const rules = (...list: unknown[]) => ({ type: "rules", rules: list });
const slot = (segment: string, purposes?: readonly Purpose[]) => ({
  variants: { on: 1, off: 0 },
  fallback: "off",
  ...(purposes && { purposes }),
  policy: rules({ segment, variant: "on" }),
});
const RULESET = {
  schemaVersion: 1,
  revision: 1,
  segments: [
    { name: "new", enter: { pagesThisSession: { $lt: 1 } } },
    { name: "buyers", enter: { revenue: { $gte: 1 } } },
    { name: "scored", enter: { "scores.engagement": { $gte: 0 } } },
    { name: "addressed", enter: { revenue: { $gte: 0 } }, purposes: ["personalization", "marketing"] },
  ],
  slots: {
    new: slot("new"),
    buyers: slot("buyers"),
    scored: slot("scored"),
    addressed: slot("addressed"),
    marketed: slot("addressed", ["personalization", "marketing"]),
    when: {
      variants: { on: 1, off: 0 },
      fallback: "off",
      policy: rules({ when: { revenue: { $gte: 0 } }, variant: "on" }),
    },
    counted: slot("new", ["analytics"]),
  },
};

/** What a visitor did before, and what they granted: page and server must decide the same for each slot. */
const HISTORIES: Readonly<Record<string, readonly { name: string; properties?: Record<string, number> }[]>> =
  {
    nobody: [],
    reader: [{ name: "Page Viewed" }],
    buyer: [{ name: "Page Viewed" }, { name: "Order Completed", properties: { revenue: 20 } }],
  };
const GRANTS: readonly (readonly Purpose[])[] = [
  ["personalization"],
  ["analytics", "personalization"],
  ["personalization", "marketing"],
  PURPOSES,
  [],
];

describe("page and server decide alike", () => {
  for (const [who, history] of Object.entries(HISTORIES)) {
    for (const granted of GRANTS) {
      it(`${who} with ${granted.join(", ") || "nothing"}`, async () => {
        const clock = { now: () => T0 + 1000 };
        const attune = createAttune({
          environment: { clock },
          decisions: { ruleset: RULESET as never },
          consent: { policy: { version: "1" } },
        } as never);
        attune.start();
        await attune.ready();
        if (granted.length > 0)
          await attune.consent.grant(granted.filter((purpose) => purpose !== "necessary"));
        for (const { name, properties } of history)
          await attune.track(name as never, (properties ?? {}) as never);

        const consent = Object.fromEntries(
          PURPOSES.map((purpose) => [purpose, purpose === "necessary" || granted.includes(purpose)]),
        ) as never;
        const service = createPersonalizationService({
          stores: { hot: memoryStore({ clock }) },
          log: memoryLog({ clock }),
          ruleset: RULESET,
          clock,
        });
        await service.ingest(
          history.map(({ name, properties = {} }, i) => ({
            ...{ id: `e${i}`, name, visitorId: "v", occurredAt: T0 + 1000, properties },
            consent: { purposes: ["necessary", ...granted], policyVersion: "1" },
          })),
        );
        await service.settled();
        const { decisions } = await service.decide({ id: "v", consent });
        const shown = Object.fromEntries(
          Object.entries(decisions).map(([name, { variant, reason }]) => [name, { variant, reason }]),
        );
        const onPage = Object.fromEntries(
          Object.keys(decisions).map((name) => {
            const { variant, reason } = attune.decide(name);
            return [name, { variant, reason }];
          }),
        );
        expect(shown).toEqual(onPage);
        // That both decide nothing alike would prove nothing.
        const personal = granted.includes("personalization");
        expect(shown.when?.variant).toBe(personal ? "on" : "off");
        expect(shown.buyers?.variant).toBe(personal && who === "buyer" ? "on" : "off");
        await Promise.all([attune.close(), service.close()]);
      });
    }
  }
});
