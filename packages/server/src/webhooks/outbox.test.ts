import { seededRandom } from "@attune/core";
import { memoryStore } from "@attune/core/memory";
import { describe, expect, it } from "vitest";
import type { News } from "./news-of.js";
import { type Attempt, createOutbox, type Delivery } from "./outbox.js";

const HOUR = 3_600_000;
const news = (id: string, at: number, type: News["type"] = "model.promoted"): News => ({
  ...{ id, type, at, data: { model: "m" } },
});

function start() {
  let now = 1_000_000;
  const clock = { now: () => now };
  const store = memoryStore({ clock });
  const dead: Delivery[] = [];
  const outbox = (more: object = {}) =>
    createOutbox({
      ...{ store, clock, random: seededRandom(1), site: "default" },
      ...{ hook: { url: "https://a.example", ...more }, dead: (one) => dead.push(one) },
    });
  return { outbox, dead, later: (ms: number) => (now += ms), now: () => now };
}

describe("the outbox of a webhook", () => {
  it("tells what happened since it is there, once, and what was asked for alone", async () => {
    const { outbox, now, later } = start();
    const one = outbox({ events: ["model.promoted"] });
    await one.add([news("old", now() - 1)]);
    later(10);
    const given = [news("a", now()), news("b", now(), "model.drifted")];
    await one.add(given);
    await outbox({ events: ["model.promoted"] }).add(given);
    expect((await one.all()).map(({ id }) => id)).toEqual(["a"]);
    const sent: Delivery[] = [];
    const send = async (delivery: Delivery): Promise<Attempt> => {
      sent.push(delivery);
      return 204;
    };
    await one.deliver(send);
    await one.add(given);
    await one.deliver(send);
    expect(sent).toMatchObject([{ id: "a", attempts: 1 }]);
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({
      ...{ type: "model.promoted", timestamp: new Date(now()).toISOString(), data: { model: "m" } },
    });
    expect(await one.all()).toMatchObject([{ state: "delivered", answer: 204 }]);
  });

  it("is sent by one of several processes, and by another where that dies over it", async () => {
    const { outbox, now, later } = start();
    const [one, two] = [outbox(), outbox()];
    await one.add([]);
    await one.add([news("a", now())]);
    let sent = 0;
    const dies = () => {
      sent += 1;
      return new Promise<Attempt>(() => undefined);
    };
    void one.deliver(dies);
    void two.deliver(dies);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent).toBe(1);
    await two.deliver(async () => 200);
    expect(await two.all()).toMatchObject([{ state: "pending" }]);
    later(60_000);
    await two.deliver(async () => 200);
    expect(await two.all()).toMatchObject([{ state: "delivered", attempts: 2 }]);
  });

  it("lets the next process send what was cut off by an end, as if nobody had tried", async () => {
    const { outbox, now } = start();
    const [one, two] = [outbox(), outbox()];
    await one.add([]);
    await one.add([news("a", now())]);
    let isEnding = false;
    await one.deliver(
      async () => {
        isEnding = true;
        return "failed";
      },
      () => isEnding,
    );
    expect(await two.all()).toMatchObject([{ state: "pending", attempts: 0 }]);
    await two.deliver(async () => 204);
    expect(await two.all()).toMatchObject([{ state: "delivered", attempts: 1 }]);
  });

  it("says of a message that it was given up only where that was written", async () => {
    const { outbox, dead, now, later } = start();
    const [one, two] = [outbox(), outbox()];
    await one.add([]);
    await one.add([news("a", now())]);
    await one.deliver(async () => {
      // It takes so long that another process sends it meanwhile.
      later(60_000);
      await two.deliver(async () => 204);
      return 410;
    });
    expect(dead).toEqual([]);
    expect(await one.all()).toMatchObject([{ state: "delivered" }]);
  });

  it("tries again with longer and longer waits, and gives up", async () => {
    const { outbox, dead, now, later } = start();
    const one = outbox();
    await one.add([]);
    await one.add([news("a", now())]);
    const began = now();
    const waits: number[] = [];
    let before = now();
    while (dead.length === 0 && now() - began < 24 * HOUR) {
      await one.deliver(async () => {
        waits.push(now() - before);
        before = now();
        return "ECONNREFUSED";
      });
      later(1000);
    }
    expect(dead).toMatchObject([{ id: "a", attempts: 9, answer: "ECONNREFUSED", state: "dead" }]);
    expect(waits.slice(1)).toEqual([...waits.slice(1)].sort((a, b) => a - b));
    expect(now() - began).toBeGreaterThan(7 * HOUR);
    expect(now() - began).toBeLessThan(13 * HOUR);
  });

  it("gives up at once whom it is told that nobody is there any more", async () => {
    const { outbox, dead, now } = start();
    const one = outbox();
    await one.add([]);
    await one.add([news("a", now())]);
    await one.deliver(async () => 410);
    expect(dead).toMatchObject([{ attempts: 1, answer: 410 }]);
  });
});
