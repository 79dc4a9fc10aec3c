import type { RandomSource } from "@attune/core";
import type { Persona } from "./personas.js";
import { discountOf, pathTo, type Shop, type ShopProduct } from "./shop.js";

/** One thing that a simulated visitor does, `afterMs` from the start of the visit. */
export interface Step {
  afterMs: number;
  name: string;
  path: string;
  properties: Readonly<Record<string, string | number | boolean>>;
}

/** A whole visit as the persona would make it, in order of time. Pure: the same chances give the same visit. */
export function planVisit(persona: Persona, shop: Shop, random: RandomSource): Step[] {
  const { paths, currency } = shop;
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
  const find = (): ShopProduct => pick(shop.products, does(persona.prefersSale), random);
  const walkTo = (product: ShopProduct): void => {
    const path = pathTo(paths.category, product);
    step("Page Viewed", path);
    step("Product List Viewed", path, { category: product.category });
    pause(2);
  };

  step("Page Viewed", paths.home);
  pause(2);
  const first = find();
  if (does(persona.searches))
    step("Products Searched", paths.search, { query_length: 4 + Math.floor(random() * 12) });
  else walkTo(first);
  const cart: ShopProduct[] = [];
  const looks = 1 + Math.floor(random() * 2 * persona.productsSeen);
  for (let look = 0; look < looks; look++) {
    const product = look === 0 ? first : find();
    const path = pathTo(paths.product, product);
    step("Page Viewed", path);
    step("Product Viewed", path, about(product, currency));
    dwell(path);
    if (!does(persona.adds)) continue;
    cart.push(product);
    step("Product Added", path, { ...about(product, currency), quantity: 1 });
    pause(2);
  }
  if (cart.length === 0) return steps;
  step("Cart Viewed", paths.cart);
  dwell(paths.cart);
  if (!does(persona.checksOut)) return steps;
  step("Checkout Started", paths.checkout);
  dwell(paths.checkout);
  if (!does(persona.buys)) return steps;
  const revenue = Math.round(cart.reduce((sum, { price }) => sum + price, 0) * 100) / 100;
  step("Order Completed", paths.thanks, {
    order_id: `sim-${Math.floor(random() * 0xffffffff).toString(36)}`,
    revenue,
    currency,
  });
  return steps;
}

const about = (product: ShopProduct, currency: string): Step["properties"] => ({
  product_id: product.id,
  category: product.category,
  ...(product.brand !== undefined && { brand: product.brand }),
  price: product.price,
  currency,
  discount: discountOf(product),
});

/** Anything, or something reduced where there is such a thing. */
function pick(products: readonly ShopProduct[], reduced: boolean, random: RandomSource): ShopProduct {
  const shelf = reduced ? products.filter(({ was }) => was !== undefined) : products;
  const from = shelf.length > 0 ? shelf : products;
  return from[Math.floor(random() * from.length)] as ShopProduct;
}
