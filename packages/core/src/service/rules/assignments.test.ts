import { describe, expect, it } from "vitest";
import { fakeDevice, fakeEnvironment, fakeTime } from "../../../test/fake-environment.js";
import type { Decision } from "../../decisions/types.js";
import { createAttune } from "../../engine/index.js";
import { seededRandom } from "../../kernel/random.js";
import { memoryLog, memoryStore } from "../../memory/index.js";
import { type Assignments, assignmentsOf, mergeAssignments } from "../../state/index.js";
import { createContext } from "../create-context.js";
import { createPersonalizationService } from "../create-service.js";
import { assignmentsFor, hasSticky } from "./assignments.js";

/** What a page showed, as its decision says it. */
const shown = (variant: string, more: Partial<Decision> = {}): Decision => ({
  slot: "top",
  variant,
  value: variant,
  reason: "split",
  propensity: 0.5,
  experiment: "hero",
  bucketVersion: 0,
  policyVersion: "p",
  rulesetVersion: "1-x",
  purposes: ["personalization"],
  isFallback: false,
  ...more,
});

/** Two devices of one person, and a back end that hears what they send. */
function world() {
  const time = fakeTime();
  const { clock } = time;
  const hot = memoryStore({ clock });
  const service = createPersonalizationService({ stores: { hot }, log: memoryLog({ clock }), clock });
  const device = async (seed: number, kept = fakeDevice()) => {
    const fake = fakeEnvironment({ time, device: kept });
    const attune = createAttune({
      environment: { ...fake.environment, random: seededRandom(seed) },
      consent: { policy: { version: "1" } },
      delivery: { batchSize: 1 },
    });
    attune.start();
    await attune.ready();
    let told = 0;
    return {
      attune,
      kept,
      id: () => attune.visitor()?.id as string,
      state: async () => (await attune.export()).state.learned.assignments ?? [],
      async assigned(): Promise<Assignments> {
        return assignmentsOf(await this.state());
      },
      /** Shows it, later than all that was before. */
      async show(decision: Decision) {
        await time.advance(1000);
        attune.expose(decision.slot, decision);
        await time.advance(1000);
      },
      async deliver() {
        await time.advance(5000);
        const events = fake.events().slice(told);
        told += events.length;
        if (events.length > 0) await service.ingest(events);
        await service.settled();
      },
    };
  };
  /** As a decision of the server about the visitor is handed them. */
  const decided = async (id: string) => {
    const context = createContext({ stores: { hot }, clock });
    const visitor = (await context.pseudonyms.of("default"))("v", id);
    const known = await context.visitors.of("default", visitor);
    const using = { policy: null, place: { now: clock.now() } };
    return assignmentsFor(context, { site: "default", visitor, known }, using);
  };
  return { time, service, device, decided };
}

describe("what was shown of a sticky experiment, T33: in page and server", () => {
  it("is the same through two devices that saw different variants, and a log-in on both", async () => {
    const { time, service, device, decided } = world();
    const [phone, laptop] = [await device(1), await device(2)];
    const same = async () => {
      for (const one of [phone, laptop]) {
        await one.deliver();
        const own = (await service.profile({ visitorId: one.id() }))?.assignments ?? {};
        expect(own).toEqual(await one.assigned());
      }
    };
    for (const { attune } of [phone, laptop]) await attune.consent.grant(["analytics", "personalization"]);
    await phone.show(shown("a"));
    await laptop.show(shown("b"));
    await laptop.show(shown("wide", { slot: "list", experiment: "list" }));
    await same();
    // As long as nobody knows that they are one person's, each is its own.
    expect(await decided(phone.id())).toEqual({ hero: { variant: "a", bucketVersion: 0 } });
    expect((await decided(laptop.id())).hero).toEqual({ variant: "b", bucketVersion: 0 });

    await laptop.attune.identify("jane");
    await laptop.show(shown("b"));
    await phone.attune.identify("jane");
    await phone.show(shown("a"));
    await same();
    expect(await phone.assigned()).toEqual({ hero: { variant: "a", known: "a", bucketVersion: 0 } });
    const merged = assignmentsOf(mergeAssignments([await phone.state(), await laptop.state()]));
    expect(merged).toEqual({
      hero: { variant: "a", known: "b", bucketVersion: 0, conflict: true },
      list: { variant: "wide", bucketVersion: 0 },
    });
    expect(await decided(phone.id())).toEqual(merged);
    expect(await decided(laptop.id())).toEqual(merged);
    expect((await service.profile({ userId: "jane" }))?.assignments).toEqual(merged);
    // Each device saw one variant so far; what the server keeps now, the laptop has not seen before.
    expect(await service.crossed("hero")).toBe(0);
    await laptop.show(shown("a", { kept: true, propensity: null }));
    await same();
    expect((await laptop.assigned()).hero).toEqual({
      variant: "a",
      known: "a",
      bucketVersion: 0,
      conflict: true,
    });
    expect(await service.crossed("hero")).toBe(1);
    expect((await service.summary()).crossed).toEqual({ hero: 1 });
    // T36: made anew from the log it is the same.
    const before = [await decided(phone.id()), await service.summary()];
    await time.advance(120_000);
    await service.rebuild();
    await service.settled();
    expect([await decided(phone.id()), await service.summary()]).toEqual(before);
    await service.erase({ visitorId: laptop.id() });
    await service.settled();
    expect(await decided(phone.id())).toEqual({ hero: { variant: "a", known: "a", bucketVersion: 0 } });
    expect(await service.crossed("hero")).toBe(0);
    await service.close();
  });

  it("leaves out a device on which personalization was refused since", async () => {
    const { service, device, decided } = world();
    const [phone, laptop] = [await device(1), await device(2)];
    for (const one of [phone, laptop]) {
      await one.attune.consent.grant(["analytics", "personalization"]);
      await one.attune.identify("jane");
    }
    await phone.show(shown("a"));
    await laptop.show(shown("b"));
    await phone.deliver();
    await laptop.deliver();
    expect((await decided(laptop.id())).hero).toMatchObject({ variant: "a", conflict: true });
    await service.consent(
      { visitorId: phone.id() },
      { purposes: { personalization: false }, policyVersion: "1", source: "preferences" },
    );
    expect((await decided(laptop.id())).hero).toEqual({ variant: "b", known: "b", bucketVersion: 0 });
    await service.close();
  });

  it("is nothing that was decided and not shown, forced, shown without consent, or unlearned", async () => {
    const { device } = world();
    const page = await device(1);
    page.attune.decide("top");
    await page.show(shown("a"));
    await page.attune.consent.grant(["analytics"]);
    await page.show(shown("a"));
    expect(await page.assigned()).toEqual({});
    await page.attune.consent.grant(["analytics", "personalization"]);
    await page.show(shown("b", { reason: "override", propensity: null }));
    await page.show(shown("b", { isFallback: true }));
    expect(await page.assigned()).toEqual({});
    await page.show(shown("a"));
    expect(await page.assigned()).toEqual({ hero: { variant: "a", bucketVersion: 0 } });
    await page.attune.consent.withdraw(["personalization"]);
    expect(await page.assigned()).toEqual({});
  });

  it("is kept on the device and taken along by export and import", async () => {
    const { device } = world();
    const first = await device(1);
    await first.attune.consent.grant(["analytics", "personalization"]);
    await first.show(shown("a"));
    const assigned = await first.assigned();
    const exported = await first.attune.export();
    await first.attune.close();
    const again = await device(1, first.kept);
    expect(await again.assigned()).toEqual(assigned);
    const other = await device(2);
    await other.attune.consent.grant(["analytics", "personalization"]);
    await other.attune.import(JSON.parse(JSON.stringify(exported)));
    expect(await other.assigned()).toEqual(assigned);
    const broken = {
      ...exported,
      state: { ...exported.state, learned: { ...exported.state.learned, assignments: 5 } },
    };
    await expect(other.attune.import(broken)).rejects.toThrow();
    expect(await other.assigned()).toEqual(assigned);
  });
});

describe("a ruleset in which nothing is sticky", () => {
  const split = { type: "split", experiment: "e", weights: { a: 1 } } as const;
  const slot = { variants: { a: 1 }, fallback: "a" };
  it("needs no look at other devices", () => {
    const of = (policy: object) =>
      hasSticky({ schemaVersion: 1, revision: 1, slots: { one: { ...slot, policy: policy as never } } });
    expect(of(split)).toBe(false);
    expect(of({ ...split, sticky: {} })).toBe(true);
    expect(of({ type: "rules", rules: [{ variant: "a" }, { policy: split }] })).toBe(false);
    expect(of({ type: "rules", rules: [{ policy: { ...split, sticky: {} } }] })).toBe(true);
  });
});
