import { describe, expect, it } from "vitest";
import { type FakeOptions, fakeDevice, fakeEnvironment, fakeTime } from "../../test/fake-environment.js";
import { createAttune } from "./create-attune.js";
import type { SendOutcome } from "../ports/environment.js";
import { weightOf } from "./recording/weight.js";
import type { AttuneOptions } from "./types.js";

async function page(fake: FakeOptions = {}, options: AttuneOptions = {}) {
  const world = fakeEnvironment(fake);
  const attune = createAttune({
    environment: world.environment,
    consent: { policy: { version: "1", mode: "none" } },
    ...options,
  });
  attune.start();
  await attune.ready();
  await world.time.settle();
  return { attune, ...world };
}

const names = (events: readonly { name: string }[]): string[] => events.map(({ name }) => name);

describe("delivery", () => {
  it("sends by time or by number, and forgets what was delivered", async () => {
    const { attune, sent, time, device } = await page(
      {},
      { delivery: { batchSize: 3, intervalMs: 1000 }, consent: { policy: { version: "1", mode: "none" } } },
    );
    expect(await attune.track("A")).toEqual({ status: "stored" });
    expect(device.queue.size).toBe(1);
    await time.advance(999);
    expect(sent).toHaveLength(0);
    await time.advance(1);
    expect(sent.map(({ items }) => items.length)).toEqual([1]);
    void attune.track("B");
    void attune.track("C");
    await attune.track("D");
    await time.advance(0);
    expect(sent.map(({ items }) => items.length)).toEqual([1, 3]);
    expect(device.queue.size).toBe(0);
    expect(attune.deliveries().map(({ name, status }) => [name, status])).toEqual([
      ["D", "sent"],
      ["C", "sent"],
      ["B", "sent"],
      ["A", "sent"],
    ]);
  });

  it("sends what came while it looked for the last time, though nothing comes after it", async () => {
    let release = (): void => undefined;
    const world = fakeEnvironment({});
    const { storage } = world.environment;
    // As a browser whose lock is given back some milliseconds after the last look.
    const slow = storage && {
      ...storage,
      async exclusive(task: () => Promise<void>) {
        await task();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return true;
      },
    };
    const attune = createAttune({
      environment: { ...world.environment, ...(slow && { storage: slow }) },
      consent: { policy: { version: "1", mode: "none" } },
      delivery: { intervalMs: 1000 },
    });
    attune.start();
    await attune.ready();
    await world.time.settle();
    // The look for what earlier pages left.
    release();
    await attune.track("A");
    await world.time.advance(1000);
    expect(names(world.events())).toEqual(["A"]);
    await attune.track("B");
    await world.time.advance(1000);
    release();
    await world.time.advance(5000);
    expect(names(world.events())).toEqual(["A", "B"]);
    release();
  });

  it.each(["by time", "as the page is hidden", "as the page leaves"])(
    "T25 sends nothing %s after a withdrawal of which only the cookie tells",
    async (how) => {
      const { attune, sent, time, device, hide } = await page({}, { consent: { policy: { version: "1" } } });
      await attune.consent.grant("all");
      const granted = device.cookies.get("consent") ?? "";
      await time.settle();
      await attune.track("A");
      const before = sent.length;
      // As a page of another sub-domain writes it, which no channel reaches.
      const other = await page({}, { consent: { policy: { version: "1" } } });
      other.device.cookies.set("consent", granted);
      await other.attune.consent.withdraw();
      device.cookies.set("consent", other.device.cookies.get("consent") ?? "");
      if (how === "by time") await time.advance(1000);
      else hide(how === "as the page leaves");
      await time.settle();
      expect(sent.length).toBe(before);
      expect(attune.visitor()).toBeNull();
      expect([...device.cookies.keys(), ...device.queue.keys()]).toEqual(["consent"]);
    },
  );

  it("takes up what an earlier page could not deliver", async () => {
    const device = fakeDevice();
    const first = await page({ device, answer: () => ({ status: "retry" }) });
    await first.attune.track("Early");
    await first.attune.close();
    expect(device.queue.size).toBe(1);
    const second = await page({ device });
    expect(names(second.events())).toEqual(["Early"]);
    expect(device.queue.size).toBe(0);
  });

  it("T6: waits as long as the server asks, up to an hour", async () => {
    const { attune, sent, time, hide } = await page({
      answer: (_, count) =>
        count === 1
          ? { status: "retry", afterMs: 120_000 }
          : count === 2
            ? { status: "retry", afterMs: 1e12 }
            : { status: "done", rejected: [] },
    });
    await attune.track("A");
    await time.advance(1000);
    expect(sent).toHaveLength(1);
    await attune.flush();
    hide();
    await time.advance(119_999);
    expect(sent).toHaveLength(1);
    await time.advance(1);
    expect(sent).toHaveLength(2);
    await time.advance(3_599_999);
    expect(sent).toHaveLength(2);
    await time.advance(1);
    expect(sent).toHaveLength(3);
  });

  it("T6: what the server asked of one page holds for every page of the device, and across a reload", async () => {
    const device = fakeDevice();
    const time = fakeTime();
    const first = await page({ device, time, answer: () => ({ status: "retry", afterMs: 120_000 }) });
    const second = await page({ device, time });
    await first.attune.track("A");
    await time.advance(1000);
    expect(first.sent).toHaveLength(1);
    await second.attune.track("B");
    await time.advance(1000);
    second.hide();
    await first.attune.close();
    const reloaded = await page({ device, time });
    reloaded.hide();
    await reloaded.attune.flush();
    await time.advance(118_999);
    expect([...second.sent, ...reloaded.sent]).toEqual([]);
    await time.advance(1);
    expect(new Set(names([...second.events(), ...reloaded.events()]))).toEqual(new Set(["A", "B"]));
    expect(device.queue.size).toBe(0);
  });

  it("T6: a time further off than a server may ask for, from a clock put back since, holds nothing up", async () => {
    const device = fakeDevice();
    const time = fakeTime();
    const first = await page({ device, time, answer: () => ({ status: "retry", afterMs: 1000 }) });
    await first.attune.track("A");
    await first.attune.flush();
    await first.attune.close();
    const earlier = await page({ device, time: fakeTime(time.clock.now() - 86_400_000) });
    expect(names(earlier.events())).toEqual(["A"]);
  });

  it("T6: a clock put back while the page is open lengthens no wait, and one put forward is not slept through", async () => {
    const time = fakeTime();
    let shift = 0;
    const shifted = { ...time, clock: { now: () => time.clock.now() + shift } };
    const answers: SendOutcome[] = [{ status: "retry" }, { status: "retry", afterMs: 3_600_000 }];
    const { attune, sent } = await page({
      time: shifted,
      answer: () => answers.shift() ?? { status: "done", rejected: [] },
    });
    await attune.track("A");
    await time.advance(1000);
    expect(sent).toHaveLength(1);
    shift -= 86_400_000;
    await time.advance(60_000);
    expect(sent).toHaveLength(2);
    // Put back again, and no earlier than the server asked all the same.
    shift -= 86_400_000;
    await attune.track("B");
    await time.advance(3_500_000);
    expect(sent).toHaveLength(2);
    await time.advance(7_200_000);
    expect(sent.slice(2).flatMap(({ items }) => items)).toHaveLength(2);
    // The device sleeps: its clock goes on, the page's timers do not.
    answers.push({ status: "retry", afterMs: 3_600_000 });
    await attune.track("C");
    await time.advance(1000);
    const before = sent.length;
    shift += 8 * 3_600_000;
    await attune.track("D");
    await time.advance(1000);
    expect(sent.slice(before).flatMap(({ items }) => items)).toHaveLength(2);
  });

  it("T6: a clock put back by less than the longest wait lengthens none, and begins none that is over", async () => {
    const time = fakeTime();
    let shift = 0;
    const shifted = { ...time, clock: { now: () => time.clock.now() + shift } };
    const answers: SendOutcome[] = [{ status: "retry", afterMs: 600_000 }];
    const { attune, sent } = await page({
      time: shifted,
      answer: () => answers.shift() ?? { status: "done", rejected: [] },
    });
    await attune.track("A");
    await time.advance(1000);
    shift -= 1_800_000;
    await time.advance(1_200_000);
    expect(sent).toHaveLength(2);
    shift -= 3_600_000;
    await attune.track("B");
    await time.advance(1000);
    expect(sent).toHaveLength(3);
  });

  it("T6: a page that comes back after it was hidden waits as long as it was told while it went", async () => {
    const { attune, sent, time, hide } = await page({
      answer: () => ({ status: "retry", afterMs: 120_000 }),
    });
    await attune.track("A");
    hide();
    await time.advance(119_999);
    expect(sent.map(({ last }) => last)).toEqual([true]);
    await time.advance(1);
    expect(sent).toHaveLength(2);
  });

  it("T6: backs off with jitter between half a second and a minute", async () => {
    const { attune, sent, time } = await page({ answer: () => ({ status: "retry" }) });
    await attune.track("A");
    await time.advance(600_000);
    const gaps = sent.slice(1).map(({ at }, i) => at - (sent[i]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60_000);
    expect(Math.max(...gaps)).toBeGreaterThan(10_000);
    expect(new Set(gaps).size).toBe(gaps.length);
  });

  it("T6: splits what is too large, and gives up only the event that cannot be taken", async () => {
    const { attune, time, device, sent } = await page({
      answer: ({ items }) =>
        items.some(({ body }) => (body as { name: string }).name === "Poison")
          ? { status: "too-large" }
          : { status: "done", rejected: [] },
    });
    await Promise.all(["A", "B", "Poison", "C", "D", "E"].map((name) => attune.track(name)));
    await time.advance(1000);
    expect(device.queue.size).toBe(0);
    expect(Object.fromEntries(attune.deliveries().map(({ name, status }) => [name, status]))).toEqual({
      A: "sent",
      B: "sent",
      Poison: "rejected",
      C: "sent",
      D: "sent",
      E: "sent",
    });
    expect(sent.length).toBeLessThan(9);
  });

  it("keeps what a wrong key holds up, says so, and asks again only after an hour", async () => {
    let cured = false;
    const { attune, time, sent, errors, device } = await page({
      answer: () => (cured ? { status: "done", rejected: [] } : { status: "refused", code: 403 }),
    });
    await attune.track("A");
    await time.advance(3_599_000);
    expect(sent).toHaveLength(1);
    expect(errors).toMatchObject([
      { code: "ATTUNE_ENGINE_REFUSED", message: expect.stringContaining("write key") },
    ]);
    cured = true;
    await time.advance(2000);
    expect(sent).toHaveLength(2);
    expect(device.queue.size).toBe(0);
  });

  it("marks what the server refused, and does not send it again", async () => {
    const { attune, time, sent } = await page({
      answer: ({ items }) => ({ status: "done", rejected: [{ id: items[1]?.id ?? "", reason: "invalid" }] }),
    });
    await Promise.all([attune.track("A"), attune.track("B")]);
    await time.advance(10_000);
    expect(attune.deliveries().map(({ status }) => status)).toEqual(["rejected", "sent"]);
    expect(sent).toHaveLength(1);
  });

  it("hands over at once what is there when the page is hidden, and keeps what was not taken", async () => {
    const { attune, hide, sent, device, time } = await page({
      answer: ({ last }) => ({ status: "done", rejected: [], ...(last ? { taken: 2 } : {}) }),
    });
    await Promise.all([attune.track("A"), attune.track("B"), attune.track("C")]);
    hide();
    expect(sent.map(({ last, items }) => [last, items.length])).toEqual([[true, 3]]);
    await time.settle();
    expect(device.queue.size).toBe(1);
    await time.advance(1000);
    expect(sent.map(({ last, items }) => [last, items.length])).toEqual([
      [true, 3],
      [false, 1],
    ]);
  });

  it("T3: lets go of what is under way as the page leaves, and sends it again where the page comes back", async () => {
    const { attune, hide, sent, device, time } = await page({
      answer: ({ last, signal }, count) =>
        last || count > 1
          ? { status: "done", rejected: [] }
          : new Promise((resolve) => {
              signal.addEventListener("abort", () => resolve({ status: "retry" }));
            }),
    });
    await attune.track("Underway");
    await time.advance(1000);
    await attune.track("Late");
    // Looked away from, a page goes on.
    hide();
    expect(sent.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    hide(true);
    await time.settle();
    expect(sent.map(({ last, signal, items }) => [last, signal.aborted, items.length])).toEqual([
      [false, true, 1],
      [true, false, 1],
    ]);
    expect(device.log).toContain("storage:rest");
    expect(device.queue.size).toBe(1);
    await time.advance(1000);
    expect(
      names(sent.slice(2).flatMap(({ items }) => items.map(({ body }) => body as { name: string }))),
    ).toEqual(["Underway"]);
    expect(device.queue.size).toBe(0);
  });

  it("T5: a day without a network: all of it arrives in its order, and keeps its age", async () => {
    let online = false;
    const { attune, events, time } = await page({
      answer: () => (online ? { status: "done", rejected: [] } : { status: "retry" }),
    });
    const started = time.clock.now();
    for (let hour = 0; hour < 24; hour++) {
      for (let n = 0; n < 2; n++) await attune.track(`Event ${hour * 2 + n}`);
      await time.advance(3_600_000);
    }
    const before = events().length;
    online = true;
    await time.advance(60_000);
    const arrived = events().slice(before);
    expect(names(arrived)).toEqual(Array.from({ length: 48 }, (_, n) => `Event ${n}`));
    expect(arrived.map(({ occurredAt }) => (Number(occurredAt) - started) / 3_600_000)).toEqual(
      Array.from({ length: 48 }, (_, n) => Math.floor(n / 2)),
    );
  });

  it("T5: in memory too, what matters least makes room first, counted", async () => {
    const { attune, errors } = await page({ storage: "none", answer: () => ({ status: "retry" }) });
    await attune.track("Page Scrolled");
    await attune.track("Order Completed");
    for (let n = 0; n < 1000; n++) await attune.track(n % 2 ? "Hat Tried" : "Element Clicked");
    expect(errors.map(String).at(-1)).toContain("2 so far");
    await attune.track("Order Completed");
    const weights = [weightOf("Page Scrolled"), weightOf("Page Viewed"), weightOf("Variant Exposed")];
    expect(weights).toEqual([0, 1, 2]);
  });

  it("hands over at the page's end only what is covered by consent at that moment", async () => {
    const { attune, hide, sent } = await page({}, { consent: { policy: { version: "1", mode: "opt-out" } } });
    await attune.track("A");
    await attune.consent.deny(["personalization", "marketing"]);
    hide();
    const [batch] = sent;
    expect(batch?.items).toHaveLength(1);
    const { consent } = batch?.items[0]?.body as { consent: { purposes: string[] } };
    expect(consent.purposes).toContain("analytics");
    expect(consent.purposes).not.toContain("personalization");
    expect(consent.purposes).not.toContain("marketing");
  });

  it("folds and sends the same event, once", async () => {
    const { attune, events, time, sink } = await page();
    sink()?.page();
    sink()?.track("Element Clicked", {}, { element: { tag: "a", name: "buy" } });
    await time.advance(1000);
    expect(events()).toMatchObject([
      {
        name: "Page Viewed",
        schemaVersion: 1,
        site: "default",
        tzOffset: 60,
        context: {
          page: { url: "https://shop.example/hats", referrer: "https://search.example" },
          campaign: { source: "mail" },
          device: { type: "desktop" },
        },
      },
      { name: "Element Clicked", context: { element: { name: "buy" } } },
    ]);
    const [first, second] = events();
    expect(second?.sessionId).toBe(first?.sessionId);
    expect(Number(second?.seq)).toBeGreaterThan(Number(first?.seq));
    expect(attune.snapshot().features.pagesThisSession).toBe(1);
  });

  it("works without network and without storage", async () => {
    const { environment } = fakeEnvironment();
    const { network: _, storage: __, ...bare } = environment;
    const attune = createAttune({ environment: bare, consent: { policy: { version: "1", mode: "none" } } });
    attune.start();
    expect(await attune.track("A")).toEqual({ status: "memory" });
    const { attune: unstored } = await page({ storage: "none" });
    expect(await unstored.track("A")).toEqual({ status: "memory" });
  });

  it("refuses what is no event, with a reason", async () => {
    const { attune } = await page();
    expect(await attune.track("")).toEqual({ status: "dropped", reason: "invalid-name" });
    expect(await attune.track("Big", { text: "x".repeat(40_000) })).toEqual({
      status: "dropped",
      reason: "too-large",
    });
  });
});
