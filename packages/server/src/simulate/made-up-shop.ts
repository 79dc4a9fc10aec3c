import { type Shop, type ShopProduct, shopOf } from "./shop.js";

const CATEGORIES: readonly (readonly [name: string, from: number, to: number, brands: readonly string[]])[] =
  [
    ["electronics.smartphone", 120, 1100, ["northway", "pictor", "lumen"]],
    ["electronics.audio", 20, 350, ["lumen", "sonora"]],
    ["computers.notebook", 300, 2200, ["pictor", "kestrel"]],
    ["home.kitchen", 10, 180, ["hearth", "olive"]],
    ["apparel.shoes", 25, 160, ["stride", "kestrel"]],
    ["apparel.outdoor", 30, 260, ["fell", "stride"]],
    ["garden.tools", 8, 120, ["olive", "fell"]],
  ];
const PER_CATEGORY = 24;
const BEFORE = 1.25;

/**
 * The shop for who hands in none: enough categories, brands and price levels that features and segments have something to tell apart. The
 * same every time: no chance in it, so that two simulations sell the same goods.
 */
export function madeUpShop(): Shop {
  const products = CATEGORIES.flatMap(([category, from, to, brands], shelf) =>
    Array.from({ length: PER_CATEGORY }, (_, place): ShopProduct => {
      const share = ((place * 7 + shelf * 3) % PER_CATEGORY) / (PER_CATEGORY - 1);
      const price = Math.round((from + (to - from) * share * share) * 100) / 100;
      return {
        id: `p-${shelf}${String(place).padStart(2, "0")}`,
        category,
        brand: brands[place % brands.length] as string,
        price,
        ...(place % 4 === 0 && { was: Math.round(price * BEFORE * 100) / 100 }),
      };
    }),
  );
  return shopOf({ products });
}
