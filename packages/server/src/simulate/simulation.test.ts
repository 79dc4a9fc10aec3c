import { seededRandom } from "@attune/core";
import { describe, expect, it } from "vitest";
import { SECRET, startTestServer } from "../testing/start.js";
import { PERSONAS, type Persona } from "./personas.js";
import { catalogue } from "./shop.js";
import { planVisit } from "./visit.js";

const shop = catalogue();
const persona = (name: string): Persona => PERSONAS.find((each) => each.name === name) as Persona;

describe("a planned visit", () => {
  it("is the same for the same seed and goes forward in time", () => {
    for (const each of PERSONAS) {
      const plan = planVisit(each, shop, seededRandom(7));
      expect(planVisit(each, shop, seededRandom(7))).toEqual(plan);
      for (let n = 1; n < plan.length; n++)
        expect(plan[n]?.afterMs).toBeGreaterThanOrEqual(plan[n - 1]?.afterMs as number);
    }
  });

  it("tells the personas apart", () => {
    const orders = (name: string): number => {
      const random = seededRandom(1);
      let count = 0;
      for (let n = 0; n < 500; n++) {
        if (planVisit(persona(name), shop, random).some((step) => step.name === "Order Completed")) count++;
      }
      return count;
    };
    expect(orders("returning-buyer")).toBeGreaterThan(3 * orders("browser"));
  });

  it("buys only what was put into the cart", () => {
    const random = seededRandom(3);
    for (let n = 0; n < 200; n++) {
      const plan = planVisit(persona("bargain-hunter"), shop, random);
      const cart = plan
        .filter(({ name }) => name === "Product Added")
        .reduce((sum, step) => sum + Number(step.properties.price), 0);
      const order = plan.find(({ name }) => name === "Order Completed");
      if (order) expect(order.properties.revenue).toBeCloseTo(cart, 2);
    }
  });
});

describe("the simulation", () => {
  it("goes through the ordinary door, marked as simulated, until it is switched off", async () => {
    const at = await startTestServer();
    const set = (visitorsPerMinute: number): Promise<Response> =>
      at.post("/api/v1/simulation", { visitorsPerMinute }, { key: SECRET });
    expect((await set(6001)).status).toBe(400);
    expect((await set(6000)).status).toBe(200);
    for (let n = 0; n < 40 && (await at.server.service.summary()).events < 20; n++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await (await set(0)).json()).toMatchObject({ visitorsPerMinute: 0 });
    await at.server.service.settled();
    const summary = await (await at.call("/api/sessions/metrics", { key: SECRET })).json();
    expect(summary.events).toBeGreaterThanOrEqual(20);
    expect(summary.simulated.visitors).toBeGreaterThan(0);
    expect(summary.visitors).toBeLessThanOrEqual(summary.simulated.visitors);
    expect(await at.server.service.deadLetters.list()).toEqual([]);
    expect(at.reports).toEqual([]);
    await at.close();
  });
});
