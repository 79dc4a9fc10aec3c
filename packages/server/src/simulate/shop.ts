/** The pretended shop: enough categories, brands and price levels that features and segments have something to tell apart. */
export interface Product {
  id: string;
  category: string;
  brand: string;
  price: number;
  onSale: boolean;
}

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

/** The same catalogue every time: no chance in it, so that two simulations sell the same goods. */
export function catalogue(): readonly Product[] {
  return CATEGORIES.flatMap(([category, from, to, brands], shelf) =>
    Array.from({ length: PER_CATEGORY }, (_, place) => {
      const share = ((place * 7 + shelf * 3) % PER_CATEGORY) / (PER_CATEGORY - 1);
      return {
        id: `p-${shelf}${String(place).padStart(2, "0")}`,
        category,
        brand: brands[place % brands.length] as string,
        price: Math.round((from + (to - from) * share * share) * 100) / 100,
        onSale: place % 4 === 0,
      };
    }),
  );
}
