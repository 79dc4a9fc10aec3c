import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../../memory/index.js";
import { createPersonalizationService } from "../create-service.js";
import type { ConsentEntry } from "../layout/records.js";
import type { ServiceOptions } from "../options.js";
import { RULESET, sample, T0 } from "../service.test.suite.js";

const DAY = 86_400_000;
const yes = {
  purposes: { analytics: true, personalization: true },
  policyVersion: "1",
  source: "banner",
} as const;
const bare = sample({ consent: undefined });

function make(over: Partial<ServiceOptions> = {}) {
  const clock = { at: T0, now: () => clock.at };
  const options = {
    stores: { hot: memoryStore({ clock }) },
    log: memoryLog({ clock }),
    ruleset: RULESET,
    clock,
  };
  return { clock, options, service: createPersonalizationService({ ...options, ...over }) };
}

describe("T27 a stored consent", () => {
  it("lapses with time, at the door and for decisions", async () => {
    const { clock, service } = make();
    await service.consent({ visitorId: "visitor-1" }, yes);
    expect(await service.ingest([bare])).toMatchObject({ accepted: 1 });
    expect((await service.decide({ id: "visitor-1" })).decisions.hero?.reason).not.toBe("consent");
    clock.at += 180 * DAY;
    expect(await service.ingest([{ ...bare, id: "later" }])).toMatchObject({ withheld: 1 });
    expect((await service.decide({ id: "visitor-1" })).decisions.hero?.reason).toBe("consent");
    await service.close();
  });

  it("lapses with the policy it was given under, but its refusals narrow on", async () => {
    const { options, service } = make({ consent: { version: "1" } });
    await service.consent({ visitorId: "visitor-1" }, yes);
    await service.consent(
      { visitorId: "no" },
      { ...yes, purposes: { analytics: false, personalization: false } },
    );
    await service.close();
    const next = createPersonalizationService({ ...options, consent: { version: "2" } });
    expect(await next.ingest([{ ...bare, id: "later" }])).toMatchObject({ withheld: 1 });
    expect(await next.ingest([sample({ id: "own" })])).toMatchObject({ accepted: 1 });
    expect(await next.ingest([sample({ id: "refused", visitorId: "no" })])).toMatchObject({ withheld: 1 });
    expect((await next.decide({ id: "visitor-1" })).decisions.hero?.reason).toBe("consent");
    await next.close();
  });
});

describe("a decision that names some purposes", () => {
  const current = async (service: ReturnType<typeof make>["service"]) =>
    (await service.consentOf({ visitorId: "visitor-1" }))?.current;

  it("leaves the others as they are", async () => {
    const { service } = make();
    await service.consent({ visitorId: "visitor-1" }, yes);
    await service.consent({ visitorId: "visitor-1" }, { ...yes, purposes: { marketing: true } });
    expect((await current(service))?.grants).toMatchObject({
      analytics: true,
      personalization: true,
      marketing: true,
    });
    await service.close();
  });

  it("gives nothing back that has lapsed with time", async () => {
    const { clock, service } = make();
    await service.consent({ visitorId: "visitor-1" }, yes);
    clock.at += 200 * DAY;
    await service.consent({ visitorId: "visitor-1" }, { ...yes, purposes: { marketing: false } });
    expect((await current(service))?.grants).toMatchObject({ analytics: false, personalization: false });
    expect(await service.ingest([{ ...bare, id: "later" }])).toMatchObject({ withheld: 1 });
    await service.close();
  });

  it.each([{ consent: { version: "2" } }, {}])(
    "gives nothing back that was granted under another policy (%o)",
    async (over) => {
      const { options, service } = make(over.consent && { consent: { version: "1" } });
      await service.consent({ visitorId: "visitor-1" }, yes);
      await service.close();
      const next = createPersonalizationService({ ...options, ...over });
      const some = { purposes: { marketing: true }, policyVersion: "2", source: "preferences" } as const;
      await next.consent({ visitorId: "visitor-1" }, some);
      expect((await current(next))?.grants).toMatchObject({
        analytics: false,
        personalization: false,
        marketing: true,
      });
      await next.close();
    },
  );

  it("renews nothing where it comes late", async () => {
    const { clock, options, service } = make({ consent: { version: "1" } });
    await service.consent({ visitorId: "visitor-1" }, yes);
    await service.close();
    clock.at += 1000;
    const next = createPersonalizationService({ ...options, consent: { version: "2" } });
    const late = { policyVersion: "2", source: "preferences", at: T0 - DAY } as const;
    await next.consent({ visitorId: "visitor-1" }, { ...late, purposes: { personalization: false } });
    expect(await current(next)).toMatchObject({ policyVersion: "1", grants: { personalization: false } });
    expect(await next.ingest([{ ...bare, id: "later" }])).toMatchObject({ withheld: 1 });
    await next.close();
  });
});

describe("the profile", () => {
  it("tells neither scores nor traits without personalization, and why", async () => {
    const { clock, service } = make();
    await service.ingest([
      sample({ name: "Visitor Identified", userId: "jane", properties: { traits: { plan: "gold" } } }),
    ]);
    await service.settled();
    const of = () => service.profile({ visitorId: "visitor-1" });
    expect(await of()).toMatchObject({ traits: { plan: "gold" }, notes: {}, scores: { intent: {} } });
    await service.consent({ visitorId: "visitor-1" }, yes);
    expect(await of()).toMatchObject({ traits: { plan: "gold" }, notes: {} });
    clock.at += 180 * DAY;
    const lapsed = await of();
    expect(lapsed).toMatchObject({ scores: null, traits: {}, notes: { scores: expect.any(String) } });
    await service.consent({ visitorId: "visitor-1" }, { ...yes, purposes: { personalization: false } });
    expect(await of()).toMatchObject({ scores: null, traits: {}, segments: {} });
    await service.close();
  });
});

describe("a refusal", () => {
  it("of a device whose clock is behind takes effect, and gives nothing", async () => {
    const { clock, service } = make();
    await service.consent({ visitorId: "visitor-1" }, yes);
    clock.at += 1000;
    const slow = { policyVersion: "1", source: "preferences", at: T0 - DAY } as const;
    await service.consent(
      { visitorId: "visitor-1" },
      { ...slow, purposes: { personalization: false, marketing: true } },
    );
    expect((await service.consentOf({ visitorId: "visitor-1" }))?.current).toMatchObject({
      grants: { analytics: true, personalization: false, marketing: false },
      decidedAt: T0,
    });
    await service.close();
  });
});

describe("the history of one visitor", () => {
  it("is bounded, however often something is decided, and ends with what holds", async () => {
    const { clock, options, service } = make();
    const visitor = { visitorId: "visitor-1" };
    const decide = async (analytics: boolean, receipt: string, at?: number) => {
      const input = { ...yes, purposes: { analytics }, ...(at !== undefined && { at }) };
      const result = await service.consent(visitor, input, { receipt });
      if (!result.ok) throw new Error(JSON.stringify(result.error));
      return result.value;
    };
    const kept = async () => (await service.consentOf(visitor))?.receipts.map(({ id }) => id);
    await decide(true, "first");
    const { hot } = options.stores;
    const partition = `default/v/${await service.pseudonymOf(visitor)}`;
    const entry = await hot.get<ConsentEntry>(partition, "consent");
    const current = { ...(entry?.value.current as ConsentEntry["current"]), revision: 998 };
    await hot.put(partition, "consent", { v: 1, current });
    for (let i = 0; i < 30; i++) {
      clock.at += 1000;
      // Also one that comes late and changes nothing.
      await decide(i % 3 === 0, `more-${i}`, i % 3 === 2 ? T0 - DAY : undefined);
    }
    expect(await kept()).toEqual(["first", "more-0", "more-1", "more-29"]);
    clock.at += 1000;
    const last = await decide(false, "last");
    expect(await decide(false, "last")).toEqual(last);
    expect(last).toMatchObject({ stored: true, receipt: { id: "last" } });
    expect(await kept()).toEqual(["first", "more-0", "more-1", "last"]);
    const stored = await service.consentOf(visitor);
    expect(stored?.history.at(-1)).toEqual(stored?.current);
    await service.close();
  });
});

describe("stand-ins", () => {
  it("are out of reach of whoever may name a visitor", async () => {
    const { service } = make();
    await service.ingest([
      sample({ visitorId: undefined, userId: "jane", name: "Order Completed", properties: { revenue: 5 } }),
    ]);
    await service.settled();
    const refusal = { ...yes, purposes: { analytics: false } };
    for (const id of ["u:jane", { visitorId: "u:jane" }, { visitorId: "s:session-1" }]) {
      expect(await service.consent(id, refusal)).toMatchObject({
        ok: false,
        error: [{ path: "/visitorId", code: "ATTUNE_SERVICE_STAND_IN" }],
      });
    }
    const grants = {
      necessary: true,
      analytics: true,
      personalization: true,
      marketing: true,
      advertising: true,
    };
    expect((await service.decide({ id: "u:jane", consent: grants })).segments).toEqual({});
    expect(await service.ingest([sample({ id: "x", visitorId: "u:jane" })])).toMatchObject({
      rejected: [{ errors: [{ path: "/visitorId" }] }],
    });
    expect(Object.keys((await service.profile({ userId: "jane" }))?.segments ?? {})).toEqual(["buyers"]);
    await service.close();
  });
});
