import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { fakeDevice } from "../../test/fake-environment.js";
import { granted, make, ruleset, view } from "../../test/shop.js";

describe("who the visitor is", () => {
  it("one id, with consent, over pages and sessions", async () => {
    const device = fakeDevice();
    const first = await granted({ device });
    await first.attune.page();
    const session = first.attune.session();
    expect(session).toMatchObject({ isNew: true });
    await first.time.advance(29 * 60_000);
    await first.attune.page();
    expect(first.attune.session()?.id).toBe(session?.id);
    await first.attune.close();
    const second = make({ device, time: first.time });
    second.attune.start();
    await second.attune.ready();
    expect(second.attune.visitor()?.id).toBe(first.attune.visitor()?.id);
    expect(second.attune.session()).toMatchObject({ id: session?.id, isNew: false });
    await second.time.advance(31 * 60_000);
    expect(second.attune.session()).toBeNull();
    await second.attune.page();
    expect(second.attune.session()?.id).not.toBe(session?.id);
    expect(second.attune.snapshot().features.sessions).toBe(2);
  });

  it.each(["a string", [null], [1], {}])(
    "is somebody new, and heard, where what is kept of its experiments is damaged (%j)",
    async (assignments) => {
      const device = fakeDevice();
      const first = await granted({ device });
      await first.attune.page();
      await first.attune.close();
      const kept = device.values.get("visitor") as { state: { learned: object } };
      device.values.set("visitor", {
        ...kept,
        state: { ...kept.state, learned: { ...kept.state.learned, assignments } },
      });
      const second = make({ device, time: first.time });
      second.attune.start();
      await second.attune.ready();
      await second.attune.track("Heard");
      await second.time.advance(5000);
      expect(second.events().map(({ name }) => name)).toContain("Heard");
      expect(device.values.get("visitor")).toMatchObject({ visitor: { id: second.attune.visitor()?.id } });
      expect(JSON.stringify(device.values.get("visitor"))).not.toContain(
        `"assignments":${JSON.stringify(assignments)}`,
      );
    },
  );

  it("identifies, and is somebody else after a reset or another user", async () => {
    const { attune, events, time, device } = await granted();
    await attune.identify("user-1", { plan: "gold" }, { theme: "dark" });
    const id = attune.visitor()?.id;
    expect(attune.visitor()).toEqual({
      id,
      userId: "user-1",
      traits: { plan: "gold" },
      preferences: { theme: "dark" },
    });
    expect(attune.visitor()).toBe(attune.visitor());
    await attune.track("Next");
    await attune.identify("user-2");
    expect(attune.visitor()?.id).not.toBe(id);
    await attune.reset();
    expect(attune.visitor()).toMatchObject({ traits: {} });
    expect(device.cookies.get("visitor")).toBe(attune.visitor()?.id);
    await time.advance(2000);
    expect(events().map(({ name, userId }) => [name, userId])).toEqual([
      ["Visitor Identified", "user-1"],
      ["Next", "user-1"],
      ["Visitor Identified", "user-2"],
    ]);
  });

  it("says what became of a reset", async () => {
    const { attune, device } = await granted();
    expect(await attune.reset()).toEqual({ status: "stored" });
    expect((device.values.get("visitor") as { visitor: { id: string } }).visitor.id).toBe(
      attune.visitor()?.id,
    );
    expect(await (await granted({ storage: "none" })).attune.reset()).toEqual({ status: "memory" });
    const undecided = make().attune;
    undecided.start();
    expect(await undecided.reset()).toEqual({ status: "dropped", reason: "consent" });
  });

  it("is in the segments of the ruleset that holds, not of the one they were last seen under", async () => {
    const device = fakeDevice();
    const first = await granted({ device });
    await view(first.attune);
    await view(first.attune);
    expect(Object.keys(first.attune.snapshot().segments)).toEqual(["browsing"]);
    await first.attune.close();
    const stricter = {
      ...ruleset,
      revision: 2,
      segments: [
        { name: "browsing", enter: { productViews: { $gte: 9 } } },
        { name: "seen-two", enter: { productViews: { $eq: 2 } } },
      ],
    };
    const second = make({ device }, { decisions: { ruleset: stricter } });
    second.attune.start();
    await second.attune.ready();
    expect(Object.keys(second.attune.snapshot().segments)).toEqual(["seen-two"]);
    expect(second.attune.decide("offer")).toMatchObject({ reason: "no-match" });
  });

  it("is forgotten here and begins anew", async () => {
    const { attune, device } = await granted();
    await view(attune);
    const id = attune.visitor()?.id;
    await attune.forget();
    expect(device.queue.size).toBe(0);
    expect(attune.visitor()?.id).not.toBe(id);
    expect(attune.snapshot().features.productViews).toBe(0);
  });

  it("is forgotten by a closed engine, which begins nothing anew", async () => {
    const { attune, device } = await granted();
    await view(attune);
    await attune.close();
    device.log.length = 0;
    await attune.forget();
    expect(device.log).not.toContain("capture:start");
    expect(device.cookies.has("visitor")).toBe(false);
    expect(device.values.size + device.queue.size).toBe(0);
  });

  it("moves to another device as it is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            name: fc.constantFrom("Product Viewed", "Page Viewed", "Product Added", "Page Engaged"),
            price: fc.integer({ min: 1, max: 900 }),
            activeMs: fc.nat(60_000),
            wait: fc.nat(4_000_000),
          }),
          { maxLength: 12 },
        ),
        async (steps) => {
          const from = await granted();
          for (const { name, wait, ...properties } of steps) {
            await from.attune.track(name, properties);
            await from.time.advance(wait);
          }
          from.attune.expose("hero");
          await from.time.settle();
          const exported = JSON.parse(JSON.stringify(await from.attune.export())) as unknown;
          const to = make();
          to.attune.start();
          await to.attune.import(exported);
          const again = await to.attune.export();
          expect({ ...again, exportedAt: "" }).toEqual({ ...(exported as object), exportedAt: "" });
          expect(to.attune.snapshot().features).toEqual(from.attune.snapshot().features);
          expect(to.attune.decide("hero")).toEqual(from.attune.decide("hero"));
        },
      ),
      { numRuns: 15 },
    );
  });

  it("refuses to become what no export was", async () => {
    const { attune } = await granted();
    for (const data of [
      null,
      1,
      {},
      { format: "attune-visitor", version: 2 },
      { format: "attune-visitor", version: 1, state: { v: 99 } },
    ]) {
      await expect(attune.import(data)).rejects.toMatchObject({ code: "ATTUNE_ENGINE_IMPORT" });
    }
  });
});

describe("two engines in one page", () => {
  it("share nothing but the device", async () => {
    const one = await granted();
    const two = await granted();
    await view(one.attune);
    await view(one.attune);
    expect(two.attune.decide("offer")).toMatchObject({ variant: "none" });
    expect(two.attune.deliveries()).toEqual([]);
  });
});

describe("listeners", () => {
  it("that throw are reported, and the others still hear", async () => {
    const { attune, errors } = await granted();
    const heard = vi.fn();
    attune.subscribe(() => {
      throw new Error("mine");
    });
    const stop = attune.subscribe(heard);
    await view(attune);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(errors).toMatchObject([{ message: "mine" }]);
    stop();
    await view(attune);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});
