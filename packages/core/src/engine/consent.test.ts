import { describe, expect, it, vi } from "vitest";
import { fakeDevice, fakeEnvironment } from "../../test/fake-environment.js";
import { granted, make, ruleset, view } from "../../test/shop.js";
import type { DeviceCookies } from "../ports/environment.js";
import { features } from "../state/features.js";
import { initialState } from "../state/initial-state.js";
import type { VisitorState } from "../state/types.js";
import { createAttune } from "./create-attune.js";

describe("a decision of an earlier page", () => {
  it("is written again as it is by each page that starts, for browsers that forget what scripts wrote", async () => {
    const device = fakeDevice();
    const first = make({ device });
    first.attune.start();
    await first.attune.consent.deny("all");
    await first.attune.close();
    const decided = device.cookies.get("consent");
    device.log.length = 0;
    await first.time.advance(86_400_000);
    const second = make({ device });
    second.attune.start();
    await second.attune.ready();
    expect(device.log.filter((said) => said === "cookie:write:consent")).toHaveLength(1);
    expect(device.cookies.get("consent")).toBe(decided);
    await second.attune.close();
  });

  it.each([{ gpc: false }, { gpc: true }])(
    "is left alone where another page has decided since it was read (%o)",
    async ({ gpc }) => {
      const device = fakeDevice();
      const first = make({ device });
      first.attune.start();
      await first.attune.consent.grant("all");
      const granted = device.cookies.get("consent") as string;
      await first.time.advance(1000);
      await first.attune.consent.withdraw();
      const withdrawn = device.cookies.get("consent") as string;
      device.cookies.set("consent", granted);
      const second = make({ device, gpc });
      const cookies = second.environment.cookies as DeviceCookies;
      const read = cookies.read.bind(cookies);
      cookies.read = (name) => {
        const text = read(name);
        if (name === "consent") device.cookies.set(name, withdrawn);
        return text;
      };
      second.attune.start();
      expect(device.cookies.get("consent")).toBe(withdrawn);
      await second.attune.ready();
      expect(second.attune.consent.state.grants.analytics).toBe(false);
      expect(device.cookies.has("visitor")).toBe(false);
      await Promise.all([first.attune.close(), second.attune.close()]);
    },
  );
});

describe("T24: nothing is decided yet, where consent is needed", () => {
  it("reads nothing but the consent cookie, and writes and sends nothing", async () => {
    const { attune, device, time, hide } = make({}, { decisions: {} });
    attune.start();
    expect(await view(attune)).toEqual({ status: "dropped", reason: "consent" });
    expect(await attune.identify("user-1")).toEqual({ status: "dropped", reason: "consent" });
    attune.expose("hero");
    hide();
    await attune.flush();
    await time.advance(3_600_000);
    await attune.close();
    expect(new Set(device.log)).toEqual(new Set(["cookie:read:consent", "fetch-ruleset", "storage:close"]));
    expect(device.cookies.size + device.values.size + device.queue.size).toBe(0);
  });

  it("folds in memory where the policy allows that, and forgets it with a refusal", async () => {
    const { attune, device } = make(
      {},
      { decisions: { ruleset }, consent: { policy: { version: "1", memoryBeforeDecision: true } } },
    );
    attune.start();
    await view(attune);
    expect(await view(attune)).toEqual({ status: "memory" });
    expect(attune.decide("notice")).toMatchObject({ variant: "many" });
    expect(attune.decide("offer")).toMatchObject({ reason: "consent" });
    expect(device.values.size + device.queue.size).toBe(0);
    await attune.consent.deny("all");
    expect(attune.decide("notice")).toMatchObject({ variant: "none" });
    expect(attune.snapshot().features.productViews).toBe(0);
  });
});

describe("T25: grant and withdrawal", () => {
  it("never sends or keeps what happened before the grant", async () => {
    const { attune, events, device, time } = make(
      {},
      { decisions: { ruleset }, consent: { policy: { version: "1", memoryBeforeDecision: true } } },
    );
    attune.start();
    await attune.track("Before");
    await view(attune);
    await view(attune);
    const grant = attune.consent.grant("all");
    void attune.track("After");
    await grant;
    await attune.track("Later");
    await attune.flush();
    await time.advance(5000);
    expect(events().map(({ name }) => name)).toEqual(["After", "Later"]);
    // In this page it may still be decided with.
    expect(attune.decide("notice")).toMatchObject({ variant: "many" });
    const kept = device.values.get("visitor") as { state: VisitorState };
    expect(features(kept.state).productViews).toBe(0);
    expect(attune.snapshot().features.productViews).toBe(2);
  });

  it("leaves only the consent record on the device, and tells the server last", async () => {
    const { attune, device, consents, time } = await granted({
      answer: () => ({ status: "retry", afterMs: 50_000 }),
    });
    await view(attune);
    const id = attune.visitor()?.id;
    expect(device.cookies.get("visitor")).toBe(id);
    expect(device.queue.size).toBe(1);
    const heard = vi.fn();
    attune.subscribe(heard);
    await attune.consent.withdraw();
    expect([...device.cookies.keys()]).toEqual(["consent"]);
    expect(device.cookies.get("consent")).not.toContain(id);
    expect(device.values.size + device.queue.size).toBe(0);
    expect(attune.visitor()).toBeNull();
    expect(attune.session()).toBeNull();
    expect(attune.deliveries()).toEqual([]);
    expect(attune.snapshot()).toMatchObject({ storage: "none", segments: {}, features: { productViews: 0 } });
    expect(attune.decide("hero")).toMatchObject({ reason: "consent" });
    expect(heard).toHaveBeenCalled();
    const mark = device.log.length;
    await view(attune);
    await time.advance(3_600_000);
    expect(device.log.slice(mark).filter((what) => !what.startsWith("cookie:read:consent"))).toEqual([]);
    expect(
      consents.map(({ visitorId, record }) => [
        visitorId,
        (record as { grants: { analytics: boolean } }).grants.analytics,
      ]),
    ).toEqual([
      [id, true],
      [id, false],
    ]);
  });

  it("lets go of a request under way", async () => {
    const { attune, sent, time } = await granted({ answer: () => new Promise(() => undefined) });
    await view(attune);
    void attune.flush();
    await time.settle();
    expect(sent).toHaveLength(1);
    await attune.consent.withdraw();
    expect(sent[0]?.signal.aborted).toBe(true);
  });

  it("a grant that is still loading, or comes from elsewhere with a lower revision, loses", async () => {
    const { attune, device } = make();
    attune.start();
    const slow = attune.consent.grant("all");
    const late = { ...(attune.consent.receipt() as object) };
    await attune.consent.withdraw();
    await slow;
    await attune.import({
      format: "attune-visitor",
      version: 1,
      state: initialState(),
      segments: {},
      visitor: null,
      exposures: [],
      consent: late,
    });
    expect(attune.consent.state.grants.analytics).toBe(false);
    expect(attune.visitor()).toBeNull();
    expect([...device.cookies.keys()]).toEqual(["consent"]);
    expect(device.values.size).toBe(0);
  });

  it("another page's withdrawal holds here before the next event is kept", async () => {
    const device = fakeDevice();
    const first = await granted({ device });
    const second = make({ device });
    second.attune.start();
    await second.attune.ready();
    expect(second.attune.visitor()?.id).toBe(first.attune.visitor()?.id);
    await first.attune.consent.withdraw();
    expect(await view(second.attune)).toEqual({ status: "dropped", reason: "consent" });
    await second.time.settle();
    expect([...device.cookies.keys()]).toEqual(["consent"]);
    expect(device.values.size + device.queue.size).toBe(0);
  });

  it("forgets what was learned when only personalization is taken back, and narrows what still waits", async () => {
    const { attune, events, time } = await granted();
    await view(attune);
    await view(attune);
    expect(attune.decide("offer")).toMatchObject({ variant: "hats" });
    await attune.consent.withdraw(["personalization"]);
    expect(attune.decide("offer")).toMatchObject({ reason: "consent" });
    expect(attune.snapshot()).toMatchObject({ segments: {}, features: { productViews: 0 } });
    await time.advance(2000);
    expect(events()).toHaveLength(2);
    for (const event of events())
      expect((event.consent as { purposes: string[] }).purposes).not.toContain("personalization");
  });
});

describe("what a visitor told about themselves", () => {
  const told = [{ plan: "gold" }, { theme: "dark" }] as const;

  it("is forgotten with the purpose it was told for, here and on the device, while analytics goes on", async () => {
    const { attune, device, time } = await granted();
    await attune.identify("user-1", ...told);
    const id = attune.visitor()?.id;
    await attune.consent.withdraw(["personalization"]);
    await time.advance(1000);
    expect(attune.visitor()).toEqual({ id, userId: "user-1", traits: {}, preferences: {} });
    expect(JSON.stringify([...device.values])).not.toMatch(/gold|dark/);
    await attune.consent.grant(["personalization"]);
    expect(attune.visitor()?.traits).toEqual({});
  });

  it("is not kept without that purpose", async () => {
    const { attune, device, time } = make();
    attune.start();
    await attune.consent.grant(["analytics"]);
    expect(await attune.identify("user-1", ...told)).toEqual({ status: "stored" });
    expect(attune.visitor()).toMatchObject({ userId: "user-1", traits: {}, preferences: {} });
    await time.advance(1000);
    expect(JSON.stringify([...device.values])).not.toMatch(/gold|dark/);
  });

  it("does not come back from the device where the purpose is gone when the next page opens", async () => {
    const policy = { version: "1", mode: "opt-out", gpcDenies: ["personalization"] } as const;
    const device = fakeDevice();
    const first = await granted({ device }, { consent: { policy } });
    await first.attune.identify("user-1", ...told);
    await view(first.attune);
    await first.attune.close();
    expect(JSON.stringify([...device.values])).toContain("gold");
    const second = make({ device, gpc: true }, { consent: { policy } });
    second.attune.start();
    await second.attune.ready();
    await second.time.advance(1000);
    expect(second.attune.visitor()).toMatchObject({ userId: "user-1", traits: {} });
    expect(second.attune.snapshot().features.productViews).toBe(0);
    expect(JSON.stringify([...device.values])).not.toContain("gold");
  });
});

describe("T28: Global Privacy Control", () => {
  it("narrows a grant to what the signal leaves", async () => {
    const { attune } = await granted({ gpc: true });
    expect(attune.consent.state.grants).toMatchObject({
      analytics: true,
      personalization: true,
      advertising: false,
      marketing: false,
    });
  });
});

describe("T34: anonymised at the source", () => {
  it("leaves no planted secret in state, queue or request", async () => {
    const { attune, device, sent, time } = await granted({
      url: "https://shop.example/reset?token=eyJhbGciOiJIUzI1NiJ9&email=ann@example.org",
    });
    await attune.track("Form Failed", {
      message: "no account for ann@example.org",
      phone: "+44 20 7946 0958",
      card: "4111 1111 1111 1111",
    });
    const onDevice = JSON.stringify([[...device.values], [...device.queue]]);
    await time.advance(2000);
    for (const planted of ["ann@example.org", "eyJhbGciOiJIUzI1NiJ9", "7946", "4111 1111"]) {
      expect(onDevice).not.toContain(planted);
      expect(JSON.stringify(sent)).not.toContain(planted);
    }
  });
});

describe("what the visitor decided, told to the server", () => {
  it("is not told any more by an engine that is closed", async () => {
    const world = fakeEnvironment();
    let told = 0;
    const attune = createAttune({
      environment: {
        ...world.environment,
        network: {
          send: async () => ({ status: "done", rejected: [] }),
          async sendConsent() {
            told++;
            throw new Error("offline");
          },
        },
      },
    });
    attune.start();
    await attune.consent.grant("all");
    await attune.close();
    await world.time.advance(100_000);
    expect(told).toBe(1);
  });

  it("is told again after a failure, a few times, and no more once there is a newer decision", async () => {
    const world = fakeEnvironment();
    const told: { at: number; analytics: boolean }[] = [];
    let works = false;
    const attune = createAttune({
      environment: {
        ...world.environment,
        network: {
          ...world.environment.network,
          send: async () => ({ status: "done", rejected: [] }),
          async sendConsent({ record }) {
            const { grants } = record as { grants: { analytics: boolean } };
            told.push({ at: world.time.clock.now(), analytics: grants.analytics });
            if (!works) throw new Error("offline");
          },
        },
      },
      decisions: { ruleset },
    });
    attune.start();
    await attune.consent.grant("all");
    await world.time.advance(100_000);
    expect(told.map(({ at }) => at - (told[0]?.at ?? 0))).toEqual([0, 1000, 3000, 7000, 15_000, 31_000]);
    expect(world.errors).toHaveLength(6);
    await attune.consent.withdraw(["analytics"]);
    await world.time.settle();
    works = true;
    await attune.consent.withdraw();
    await world.time.advance(100_000);
    expect(told.slice(6).map(({ analytics }) => analytics)).toEqual([false, false]);
  });

  it("is told though an earlier decision was still waiting for the visitor's id", async () => {
    const world = fakeEnvironment();
    const told: { purposes: string[]; stopped(): boolean }[] = [];
    const attune = createAttune({
      environment: {
        ...world.environment,
        network: {
          send: async () => ({ status: "done", rejected: [] }),
          async sendConsent({ record }, signal) {
            const { grants } = record as { grants: Record<string, boolean> };
            const purposes = Object.keys(grants).filter((purpose) => grants[purpose]);
            told.push({ purposes, stopped: () => signal.aborted });
          },
        },
      },
    });
    // Decides again as soon as there is an id.
    const stop = attune.subscribe(() => {
      if (attune.visitor() === null) return;
      stop();
      void attune.consent.grant(["personalization"]);
    });
    attune.start();
    await attune.consent.grant(["analytics"]);
    await world.time.settle();
    expect(told.map(({ purposes }) => purposes)).toEqual([["necessary", "analytics", "personalization"]]);
    expect(told[0]?.stopped()).toBe(false);
  });
});
