import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { AtomicStore } from "../../ports/store.js";
import { createPersonalizationService } from "../create-service.js";
import { SORT } from "../layout/partitions.js";
import { sample, T0 } from "../service.test.suite.js";

const said = { policyVersion: "1", source: "preferences" } as const;
const all = { analytics: true, personalization: true, marketing: true, advertising: true };
const GRANTS = { necessary: true, ...all };

function make(hot: AtomicStore = memoryStore()) {
  const clock = { at: T0, now: () => clock.at };
  const service = createPersonalizationService({ stores: { hot }, log: memoryLog(), clock });
  const visitor = { visitorId: "visitor-1" };
  const user = { userId: "jane" };
  const grants = async () => (await service.consentOf(visitor))?.current.grants;
  const send = async (over: Record<string, unknown> = {}) =>
    (await service.ingest([sample(over)], { waitMs: 10_000 })).outcomes[0];
  return { hot, clock, service, visitor, user, grants, send };
}

describe("what a user has refused", () => {
  it("is refused for a visitor that turns out to be this user, from that event on", async () => {
    const { service, user, grants, send } = make();
    await service.consent(user, { ...said, purposes: { ...all, personalization: false } });
    await send({ id: "before" });
    expect(await grants()).toBeUndefined();
    expect(await send({ id: "login", userId: "jane" })).toBe("folded");
    expect(await grants()).toMatchObject({ analytics: true, personalization: false });
    await send({ id: "after" });
    await service.settled();
    const { events } = (await service.exportData({ visitorId: "visitor-1" })).visitors[0] ?? { events: [] };
    expect(Object.fromEntries(events.map(({ id, consent }) => [id, consent.purposes]))).toMatchObject({
      before: ["necessary", "analytics", "personalization"],
      login: ["necessary", "analytics"],
      after: ["necessary", "analytics"],
    });
    expect((await service.decide({ id: "visitor-1", consent: GRANTS })).segments).toEqual({});
    expect((await service.consentOf({ visitorId: "visitor-1" }))?.history).toHaveLength(1);
    await service.close();
  });

  it("narrows what the visitor has granted, and no later decision of the visitor", async () => {
    const { clock, service, visitor, user, grants, send } = make();
    await service.consent(user, { ...said, purposes: { analytics: true, personalization: false } });
    clock.at += 1000;
    await service.consent(visitor, { ...said, purposes: all });
    await send({ id: "login", userId: "jane" });
    expect(await grants()).toEqual({
      ...GRANTS,
      personalization: false,
      marketing: false,
      advertising: false,
    });
    clock.at += 1000;
    await service.consent(visitor, { ...said, purposes: { personalization: true } });
    await send({ id: "again", userId: "jane" });
    expect(await grants()).toMatchObject({ personalization: true });
    await service.close();
  });

  it("holds also where nothing of the naming event may be kept, and adds nothing where all is granted", async () => {
    const { service, visitor, user, grants, send } = make();
    await service.consent(user, { ...said, purposes: { analytics: false, personalization: false } });
    expect(await send({ id: "login", userId: "jane" })).toBe("withheld");
    expect(await grants()).toMatchObject({ analytics: false });
    expect((await service.ingest([sample({ id: "anonymous" })])).withheld).toBe(1);
    expect((await service.exportData(visitor)).visitors[0]?.events).toEqual([]);
    await service.consent({ userId: "fond" }, { ...said, purposes: all });
    await send({ id: "other", visitorId: "other", userId: "fond" });
    expect(await service.consentOf({ visitorId: "other" })).toBeNull();
    await service.close();
  });

  it("reaches a visitor that was linked while the decision was being written", async () => {
    const inner = memoryStore();
    let link: (() => Promise<unknown>) | null = null;
    const hot: AtomicStore = {
      ...inner,
      async commit(partition, ops, options) {
        const go = link;
        // Before the user's own decision stands.
        if (go !== null && partition.includes("/u/") && ops.some(({ sort }) => sort === SORT.consent)) {
          link = null;
          await go();
        }
        return inner.commit(partition, ops, options);
      },
    };
    const { service, user, grants, send } = make(hot);
    link = () => send({ id: "login", userId: "jane" });
    await service.consent(user, { ...said, purposes: { ...all, personalization: false } });
    expect(await grants()).toMatchObject({ personalization: false });
    await service.close();
  });
});

describe("a user's decision that comes between fold and link", () => {
  it("reaches the visitor with the link", async () => {
    const inner = memoryStore();
    let decide: (() => Promise<unknown>) | null = null;
    const hot: AtomicStore = {
      ...inner,
      async put(partition, sort, value, options) {
        const go = decide;
        if (go !== null && partition.includes("/u/") && sort.startsWith(SORT.visitor)) {
          decide = null;
          await go();
        }
        return inner.put(partition, sort, value, options);
      },
    };
    const { service, user, grants, send } = make(hot);
    decide = () => service.consent(user, { ...said, purposes: { ...all, personalization: false } });
    expect(await send({ id: "login", userId: "jane" })).toBe("folded");
    expect(await grants()).toMatchObject({ analytics: true, personalization: false });
    await service.close();
  });

  it("also where it was made before what the visitor has granted, and gives way to what the visitor grants afterwards", async () => {
    const inner = memoryStore();
    let decide: (() => Promise<unknown>) | null = null;
    let fail: (() => Promise<unknown>) | null = null;
    const hot: AtomicStore = {
      ...inner,
      async put(partition, sort, value, options) {
        const go = decide;
        if (go !== null && partition.includes("/u/") && sort.startsWith(SORT.visitor)) {
          decide = null;
          await go();
        }
        return inner.put(partition, sort, value, options);
      },
      async commit(partition, ops, options) {
        const go = fail;
        if (go === null || !partition.includes("/c/")) return inner.commit(partition, ops, options);
        fail = null;
        await go();
        throw new Error("The store is away.");
      },
    };
    const { clock, service, visitor, user, grants, send } = make(hot);
    clock.at += 1000;
    await service.consent(visitor, { ...said, purposes: all });
    const refusal = { ...said, purposes: { ...all, personalization: false } };
    decide = () => service.consent(user, { ...refusal, at: T0 });
    expect(await send({ id: "login", userId: "jane" })).toBe("folded");
    expect(await grants()).toMatchObject({ analytics: true, personalization: false });
    // Once more, for a user whose link is done again after the visitor has granted anew.
    decide = () => service.consent({ userId: "joan" }, { ...refusal, at: T0 });
    fail = () => {
      clock.at += 1000;
      return service.consent(visitor, { ...said, purposes: all });
    };
    expect(await send({ id: "again", userId: "joan" })).toBe("duplicate");
    expect(await grants()).toMatchObject({ analytics: true, personalization: true });
    await service.close();
  });
});

describe("the receipt of a decision", () => {
  it("says that nothing is kept of an erased visitor's", async () => {
    const { service, visitor } = make();
    const grant = await service.consent(visitor, { ...said, purposes: all });
    expect(grant).toMatchObject({ ok: true, value: { stored: true } });
    await service.erase(visitor);
    const late = await service.consent(visitor, { ...said, purposes: all });
    expect(late).toMatchObject({ ok: true, value: { stored: false } });
    expect(await service.consentOf(visitor)).toBeNull();
    await service.close();
  });

  it("names one line of the history, however often it is sent", async () => {
    const { clock, service, visitor } = make();
    const refusal = { ...said, purposes: { analytics: false } };
    const first = await service.consent(visitor, refusal, { receipt: "form-7" });
    clock.at += 5;
    await service.consent(visitor, { ...said, purposes: { marketing: true } }, { receipt: "a-later-one" });
    clock.at += 5;
    const again = await service.consent(visitor, refusal, { receipt: "form-7" });
    const stored = await service.consentOf(visitor);
    // The same decision, whatever holds since.
    expect(again).toEqual({ ok: true, value: { ...(first.ok && first.value), held: stored?.current } });
    expect(stored?.history.map(({ revision }) => revision)).toEqual([1, 2]);
    expect((await service.exportData(visitor)).visitors[0]?.consent).toEqual(stored);
    expect(stored?.current.grants).toMatchObject({ analytics: false, marketing: true });
    for (const receipt of ["", "a/b", "x".repeat(65)])
      expect(await service.consent(visitor, refusal, { receipt })).toMatchObject({
        ok: false,
        error: [{ path: "/receipt", code: "ATTUNE_SERVICE_RECEIPT" }],
      });
    await service.close();
  });

  it("after a failure half-way: every other visitor has the refusal, and the same receipt completes it", async () => {
    const inner = memoryStore();
    let broken = "";
    const hot: AtomicStore = {
      ...inner,
      commit: (partition, ops, options) =>
        partition === broken ? Promise.reject(new Error("down")) : inner.commit(partition, ops, options),
    };
    const { service, user, send } = make(hot);
    const visitors = ["a", "b", "c"];
    for (const visitorId of visitors) await send({ id: visitorId, visitorId, userId: "jane" });
    const refused = async () => {
      const found = await Promise.all(visitors.map((visitorId) => service.consentOf({ visitorId })));
      return found.map((stored) => stored?.current.grants.personalization);
    };
    const partitions: string[] = [];
    for await (const { sort } of inner.scan(await only(inner.partitions("default/u/")), {
      prefix: SORT.visitor,
    }))
      partitions.push(`default/v/${sort.slice(SORT.visitor.length)}`);
    broken = partitions[0] as string;
    const refusal = { ...said, purposes: { personalization: false } };
    await expect(service.consent(user, refusal, { receipt: "form-8" })).rejects.toThrow("down");
    expect((await refused()).filter((grant) => grant === false)).toHaveLength(2);
    broken = "";
    expect(await service.consent(user, refusal, { receipt: "form-8" })).toMatchObject({ ok: true });
    expect(await refused()).toEqual([false, false, false]);
    for (const visitorId of visitors)
      expect((await service.consentOf({ visitorId }))?.history).toHaveLength(1);
    expect((await service.consentOf(user))?.history).toHaveLength(1);
    await service.close();
  });
});

async function only(names: AsyncIterable<string>): Promise<string> {
  for await (const name of names) return name;
  return "";
}
