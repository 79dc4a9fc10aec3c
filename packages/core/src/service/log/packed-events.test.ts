import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Event, SCHEMA_VERSION } from "../../events/types.js";
import { packEvents, unpackEvents } from "./packed-events.js";

const owner = { site: "shop", visitor: "v1" };
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 2 });
const one = fc.constantFrom("a", "b");
// Few of each, so that neighbours often share one by identity, and as often only look alike.
const contexts: readonly Event["context"][] = [
  {},
  { language: "en" },
  { language: "en" },
  { page: { path: "/" } },
];
const consents: readonly Event["consent"][] = [
  { purposes: ["necessary", "analytics"], policyVersion: "1" },
  { purposes: ["necessary"], policyVersion: null },
];
const event: fc.Arbitrary<Event> = fc
  .record({
    id: fc.uuid(),
    sessionId: maybe(one),
    deviceId: maybe(one),
    userId: maybe(one),
    seq: maybe(fc.nat()),
    occurredAt: fc.nat(),
    sentAt: maybe(fc.constantFrom(1, 2)),
    receivedAt: maybe(fc.constantFrom(1, 2)),
    tzOffset: maybe(fc.constantFrom(0, 60)),
    name: one,
    properties: fc.dictionary(one, fc.nat()),
    context: fc.constantFrom(...contexts),
    consent: fc.constantFrom(...consents),
    weight: fc.constantFrom(undefined, 2, 4),
    sealed: fc.constantFrom(undefined, ["properties.note"]),
  })
  .map(({ weight, sealed, ...rest }) => ({
    ...rest,
    schemaVersion: SCHEMA_VERSION,
    site: owner.site,
    visitorId: owner.visitor,
    ...(weight !== undefined && { weight }),
    ...(sealed !== undefined && { sealed }),
  }));

describe("packEvents", () => {
  it("loses nothing, also by way of JSON", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const back = unpackEvents(packEvents(events), owner);
        expect(back).toEqual(events);
        const text = JSON.stringify(packEvents(events));
        expect(unpackEvents(JSON.parse(text), owner)).toEqual(events);
      }),
    );
  });

  it("says once what neighbours share, and gives it back as one", () => {
    const context = { page: { path: "/shelf" } };
    const consent = consents[0] as Event["consent"];
    const [first] = fc.sample(event, 1) as [Event];
    const events = ["1", "2", "3"].map((id) => ({ ...first, id, context, consent }));
    const packed = packEvents(events);
    expect(packed.map((own) => "context" in own || "consent" in own || "sessionId" in own)).toEqual([
      true,
      false,
      false,
    ]);
    const [, second, third] = unpackEvents(JSON.parse(JSON.stringify(packed)), owner);
    expect(third?.context).toBe(second?.context);
  });
});
