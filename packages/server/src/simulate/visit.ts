import type { RandomSource } from "@attune/core";
import type { Persona } from "./personas.js";
import type { Product } from "./shop.js";

/** One thing that a pretended visitor does, `afterMs` from the start of the visit. */
export interface Step {
  afterMs: number;
  name: string;
  path: string;
  properties: Readonly<Record<string, string | number | boolean>>;
}

/** A whole visit as the persona would make it, in order of time. Pure: the same chances give the same visit. */
export function planVisit(persona: Persona, shop: readonly Product[], random: RandomSource): Step[] {
  const steps: Step[] = [];
  let at = 0;
  const does = (probability: number): boolean => random() < probability;
  /** Exponentially distributed, so that most pauses are short and some are long. */
  const pause = (meanSeconds: number): void => {
    at += Math.round((0.5 - Math.log(1 - random()) * meanSeconds) * 1000);
  };
  const step = (name: string, path: string, properties: Step["properties"] = {}): void => {
    steps.push({ afterMs: at, name, path, properties });
  };
  const dwell = (path: string): void => {
    const from = at;
    pause(persona.dwellSeconds);
    step("Page Scrolled", path, { depth: Math.round(random() * 100) / 100 });
    step("Page Engaged", path, { activeMs: at - from });
  };

  step("Page Viewed", "/");
  pause(2);
  if (does(persona.searches))
    step("Products Searched", "/search", { query_length: 4 + Math.floor(random() * 12) });
  const cart: Product[] = [];
  const looks = 1 + Math.floor(random() * 2 * persona.productsSeen);
  for (let look = 0; look < looks; look++) {
    const product = pick(shop, does(persona.prefersSale), random);
    const path = `/product/${product.id}`;
    step("Page Viewed", path);
    step("Product Viewed", path, about(product));
    dwell(path);
    if (!does(persona.adds)) continue;
    cart.push(product);
    step("Product Added", path, { ...about(product), quantity: 1 });
    pause(2);
  }
  if (cart.length === 0) return steps;
  step("Cart Viewed", "/cart");
  dwell("/cart");
  if (!does(persona.checksOut)) return steps;
  step("Checkout Started", "/checkout");
  dwell("/checkout");
  if (!does(persona.buys)) return steps;
  const revenue = Math.round(cart.reduce((sum, { price }) => sum + price, 0) * 100) / 100;
  step("Order Completed", "/thanks", {
    order_id: `sim-${Math.floor(random() * 0xffffffff).toString(36)}`,
    revenue,
    currency: "EUR",
  });
  return steps;
}

const about = ({ id, category, brand, price, onSale }: Product): Step["properties"] => ({
  product_id: id,
  category,
  brand,
  price,
  currency: "EUR",
  on_sale: onSale,
});

function pick(shop: readonly Product[], onSale: boolean, random: RandomSource): Product {
  const shelf = onSale ? shop.filter((product) => product.onSale) : shop;
  return shelf[Math.floor(random() * shelf.length)] as Product;
}
