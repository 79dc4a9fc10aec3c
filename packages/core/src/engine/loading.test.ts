import { describe, expect, it, vi } from "vitest";
import {
  type FakeDevice,
  type FakeOptions,
  fakeDevice,
  fakeEnvironment,
  fakeTime,
} from "../../test/fake-environment.js";
import { granted as grantedPage, ruleset, view } from "../../test/shop.js";
import { createEngine } from "./create-attune.js";
import { createRecording } from "./recording/create-recording.js";
import type { CreateRecording } from "./recording/types.js";
import type { AttuneOptions } from "./types.js";

/** A page whose second part arrives, or fails to, when the test says so. */
function page(fake: FakeOptions = {}, options: AttuneOptions = {}) {
  // Ten minutes after the page before, so in the same session.
  const world = fakeEnvironment({ time: fakeTime(1_700_000_600_000), ...fake });
  let arrive = (_: CreateRecording): void => undefined;
  let fail = (_: Error): void => undefined;
  const fetchRecording = vi.fn(
    () =>
      new Promise<CreateRecording>((resolve, reject) => {
        arrive = resolve;
        fail = reject;
      }),
  );
  const attune = createEngine(
    { environment: world.environment, decisions: { ruleset }, ...options },
    fetchRecording,
  );
  return {
    ...world,
    attune,
    fetchRecording,
    async arrive() {
      await world.time.settle();
      arrive(createRecording);
      await world.time.settle();
    },
    async fail() {
      await world.time.settle();
      fail(new Error("blocked"));
      await world.time.settle();
    },
  };
}

/** The device of somebody who was here before, with consent, and left an event undelivered. */
async function knownDevice(): Promise<FakeDevice> {
  const device = fakeDevice();
  const { attune } = await grantedPage({ device, answer: () => ({ status: "retry" }) });
  await view(attune);
  await view(attune);
  await attune.close();
  expect(device.queue.size).toBe(2);
  device.log.length = 0;
  return device;
}

describe("before the part that records is there", () => {
  it("a page decides for whom the cookie names, and nothing changes until all is known, at once", async () => {
    const { attune, time, arrive, fetchRecording } = page({ device: await knownDevice() });
    expect(fetchRecording).not.toHaveBeenCalled();
    const blank = attune.snapshot();
    expect(blank).toMatchObject({ status: "starting", storage: "none", segments: {}, features: {} });
    attune.start();
    await time.settle();
    expect(fetchRecording).toHaveBeenCalledTimes(1);
    const { id } = attune.visitor() ?? {};
    expect(id).toBeDefined();
    const hero = attune.decide("hero");
    expect(hero).toMatchObject({ reason: "split" });
    const before = attune.snapshot();
    expect(before).toMatchObject({ status: "starting", features: {}, scores: blank.scores });
    expect(attune.snapshot()).toBe(before);
    expect(attune.session()).toBeNull();
    const seen: number[] = [];
    attune.subscribe(() => seen.push(Number(attune.snapshot().features.productViews)));
    await arrive();
    expect(attune.snapshot()).toMatchObject({ status: "ready", storage: "device" });
    expect(attune.visitor()?.id).toBe(id);
    expect(attune.decide("hero")).toBe(hero);
    expect(attune.decide("offer")).toMatchObject({ variant: "hats" });
    expect(attune.session()).toMatchObject({ isNew: false });
    // Known, then ready: never a state in between.
    expect(seen).toEqual([2, 2]);
  });

  it("what happens is recorded later, as it was when it happened", async () => {
    const { attune, time, arrive, events, hide } = page(
      {},
      { consent: { policy: { version: "1", mode: "none" } } },
    );
    attune.start();
    const properties = { colour: "red" };
    const tracked = attune.track("Early", properties);
    properties.colour = "blue";
    const at = time.clock.now();
    await time.advance(700);
    hide();
    await arrive();
    expect(await tracked).toEqual({ status: "stored" });
    await time.advance(1000);
    expect(events()).toMatchObject([{ name: "Early", occurredAt: at, properties: { colour: "red" } }]);
  });

  it("a page that closes meanwhile still delivers", async () => {
    const { attune, arrive, events, device } = page(
      {},
      { consent: { policy: { version: "1", mode: "none" } } },
    );
    attune.start();
    const tracked = attune.track("Early");
    await Promise.resolve();
    const closed = attune.close();
    await arrive();
    await closed;
    expect(await tracked).toEqual({ status: "stored" });
    expect(events().map(({ name }) => name)).toEqual(["Early"]);
    expect(device.log.at(-1)).toBe("storage:close");
    expect(device.log.filter((what) => what === "capture:start")).toHaveLength(
      device.log.filter((what) => what === "capture:stop").length,
    );
  });

  it("an engine that was never started can be closed, and begins nothing afterwards", async () => {
    const { attune, device, arrive } = page({}, { consent: { policy: { version: "1", mode: "none" } } });
    await attune.close();
    const exported = attune.export();
    await arrive();
    expect(await exported).toMatchObject({ visitor: null });
    expect(device.log).toEqual(["storage:close"]);
  });
});

describe("T25: consent while the part that records is on its way", () => {
  it("a withdrawal erases the device at once, and nothing that waited is recorded, even after another grant", async () => {
    const device = await knownDevice();
    const { attune, arrive, events, consents, time } = page({ device });
    attune.start();
    const waited = attune.track("Before");
    const user = attune.identify("user-1");
    await time.settle();
    const { id } = attune.visitor() ?? {};
    await attune.consent.withdraw();
    expect([...device.cookies.keys()]).toEqual(["consent"]);
    expect(device.values.size + device.queue.size).toBe(0);
    expect(attune.visitor()).toBeNull();
    expect(consents.map(({ visitorId }) => visitorId)).toEqual([id]);
    const grant = attune.consent.grant("all");
    await arrive();
    await grant;
    expect(await waited).toEqual({ status: "dropped", reason: "consent" });
    expect(await user).toEqual({ status: "dropped", reason: "consent" });
    await time.advance(5000);
    expect(events()).toEqual([]);
    expect(attune.visitor()?.id).not.toBe(id);
    expect(attune.visitor()?.userId).toBeUndefined();
  });

  it("what happened before a grant is not recorded because the grant came first to the recording", async () => {
    const { attune, arrive, events, time } = page(
      {},
      { consent: { policy: { version: "1", memoryBeforeDecision: true } }, decisions: { ruleset } },
    );
    attune.start();
    const before = attune.track("Before");
    await time.settle();
    const grant = attune.consent.grant("all");
    const after = attune.track("After");
    await arrive();
    await grant;
    expect(await before).toEqual({ status: "dropped", reason: "consent" });
    expect(await after).toEqual({ status: "stored" });
    await time.advance(5000);
    expect(events().map(({ name }) => name)).toEqual(["After"]);
  });

  it("a wider grant does not widen what waited", async () => {
    const { attune, arrive, events, time } = page();
    attune.start();
    const narrow = attune.consent.grant(["analytics"]);
    const tracked = attune.track("Narrow");
    await time.settle();
    const wide = attune.consent.grant("all");
    await arrive();
    await Promise.all([narrow, wide, tracked]);
    await time.advance(5000);
    expect(events()).toMatchObject([{ consent: { purposes: ["necessary", "analytics"] } }]);
  });

  it("a grant that is taken back before it takes effect leaves nothing", async () => {
    const { attune, arrive, device, time } = page();
    attune.start();
    const grant = attune.consent.grant("all");
    await attune.consent.withdraw();
    await arrive();
    await grant;
    await time.advance(5000);
    expect([...device.cookies.keys()]).toEqual(["consent"]);
    expect(device.values.size + device.queue.size).toBe(0);
  });
});

describe("T7: the part that records cannot be loaded", () => {
  it("is reported once; decisions go on, nothing is recorded, nothing throws", async () => {
    const device = await knownDevice();
    const { attune, fail, errors, events, time, hide } = page({ device });
    attune.start();
    const early = attune.track("Early");
    await fail();
    await attune.ready();
    expect(attune.snapshot()).toMatchObject({ status: "ready", storage: "none", features: {} });
    expect(errors).toMatchObject([{ message: "blocked" }]);
    expect(await early).toEqual({ status: "dropped", reason: "not-loaded" });
    expect(await view(attune)).toEqual({ status: "dropped", reason: "not-loaded" });
    expect(await attune.identify("user-1")).toEqual({ status: "dropped", reason: "not-loaded" });
    expect(attune.decide("hero")).toMatchObject({ reason: "split", propensity: 0.5 });
    expect(attune.decide("offer")).toMatchObject({ variant: "none", reason: "no-match" });
    expect(attune.explain("hero")).toEqual({ decision: attune.decide("hero"), steps: [], wouldChange: [] });
    attune.expose("hero");
    await attune.flush();
    hide();
    await expect(attune.export()).rejects.toMatchObject({ code: "ATTUNE_ENGINE_NOT_LOADED" });
    expect(attune.deliveries()).toEqual([]);
    await time.advance(5000);
    // What an earlier page left is still there for the next one.
    expect(device.queue.size).toBe(2);
    expect(events()).toEqual([]);
    await attune.close();
    expect(errors).toHaveLength(1);
  });

  it("consent holds all the same, and a reset leaves nothing for whoever comes next", async () => {
    for (const leave of ["withdraw", "reset", "forget"] as const) {
      const device = await knownDevice();
      const { attune, fail, errors } = page({ device });
      attune.start();
      await fail();
      await (leave === "withdraw" ? attune.consent.withdraw() : attune[leave]());
      expect([...device.cookies.keys()]).toEqual(["consent"]);
      expect(device.values.size + device.queue.size).toBe(0);
      expect(attune.visitor()).toBeNull();
      expect(attune.decide("hero").variant).toBe("plain");
      expect(errors).toHaveLength(1);
    }
  });

  it("without consent it is missed by nobody", async () => {
    const { attune, fail, device } = page();
    attune.start();
    await fail();
    expect(await view(attune)).toEqual({ status: "dropped", reason: "consent" });
    await attune.reset();
    await attune.close();
    expect(new Set(device.log)).toEqual(new Set(["cookie:read:consent", "storage:close"]));
  });
});
