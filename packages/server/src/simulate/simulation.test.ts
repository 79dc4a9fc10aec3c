import { type Event, seededRandom } from "@attune/core";
import { memoryStore } from "@attune/core/memory";
import { createPersonalizationService } from "@attune/core/service";
import { describe, expect, it } from "vitest";
import { SECRET, startTestServer } from "../testing/start.js";
import { PERSONAS, type Persona } from "./personas.js";
import { madeUpShop } from "./made-up-shop.js";
import { type SimulatedShop, shopOf } from "./shop.js";
import { validateShop } from "./validate-shop.js";
import { planVisit } from "./visit.js";

const shop = madeUpShop();
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

describe("a shop that was handed in", () => {
  const own: SimulatedShop = {
    currency: "NOK",
    paths: { product: "/p/{category}/{id}", cart: "/bag", checkout: "/bag" },
    products: [
      { id: "kettle", category: "kitchen", brand: "Fjell", price: 79 },
      { id: "mug", category: "kitchen", price: 28, was: 35 },
    ],
  };

  it("is where the visits go: its products, prices and paths and no others", () => {
    const random = seededRandom(5);
    const steps = Array.from({ length: 60 }, () =>
      planVisit(persona("returning-buyer"), shopOf(own), random),
    ).flat();
    expect(new Set(steps.map(({ path }) => path))).toEqual(
      new Set([
        "/",
        "/category/kitchen",
        "/search",
        "/p/kitchen/kettle",
        "/p/kitchen/mug",
        "/bag",
        "/thanks",
      ]),
    );
    const viewed = steps.filter(({ name }) => name === "Product Viewed").map(({ properties }) => properties);
    expect(viewed).toContainEqual({
      product_id: "mug",
      category: "kitchen",
      price: 28,
      currency: "NOK",
      discount: 0.2,
    });
    expect(new Set(viewed.map(({ product_id }) => product_id))).toEqual(new Set(["kettle", "mug"]));
  });

  it("sells to those who look for reductions even where nothing is reduced", () => {
    const plain = shopOf({ products: [{ id: "only", category: "all", price: 1 }] });
    expect(planVisit(persona("bargain-hunter"), plain, seededRandom(1)).length).toBeGreaterThan(2);
  });

  it("is refused with the place where it is wrong", async () => {
    const paths = (shop: unknown): string[] => {
      const checked = validateShop(shop);
      return checked.ok ? [] : checked.error.map(({ path }) => path);
    };
    expect(paths(own)).toEqual([]);
    expect(paths(JSON.parse(JSON.stringify(own)))).toEqual([]);
    expect(paths({ products: [] })).toEqual(["/products"]);
    expect(paths({ products: [{ id: "a", category: "b", price: 3, was: 2 }] })).toEqual(["/products/0"]);
    expect(paths({ products: own.products, paths: { cart: "bag", till: "/till" } }).sort()).toEqual([
      "/paths/cart",
      "/paths/till",
    ]);
    await expect(startTestServer({ simulation: { shop: { products: [] } } })).rejects.toMatchObject({
      code: "ATTUNE_SERVER_SIMULATION_SHOP",
    });
  });
});

describe("the simulation", () => {
  it("goes through the ordinary door, marked as simulated, until it is switched off", async () => {
    const at = await startTestServer();
    const heard: Event[] = [];
    await at.server.service.subscribe({ types: ["event"] }, (frame) => {
      if (frame.type === "event") heard.push(frame.event);
    });
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
    expect(heard.length).toBeGreaterThanOrEqual(20);
    expect(heard.filter(({ context }) => context.simulated !== true)).toEqual([]);
    expect(at.reports).toEqual([]);
    await at.close();
  });

  it("reports once that a site takes nothing, and goes on with the others", async () => {
    const inner = createPersonalizationService({ stores: { hot: memoryStore() } });
    const ingest: typeof inner.ingest = (events, options) =>
      options?.site === "other"
        ? inner.ingest(events, options)
        : Promise.reject(new Error("The log is away."));
    const at = await startTestServer({ service: { ...inner, ingest } });
    at.server.simulate(6000);
    at.server.simulate(6000, "other");
    await expect
      .poll(() => at.server.simulate(6000, "other").events, { timeout: 10_000 })
      .toBeGreaterThan(20);
    expect(at.reports.map(String)).toEqual(["Error: The log is away."]);
    await at.close();
    await inner.close();
  });
});
