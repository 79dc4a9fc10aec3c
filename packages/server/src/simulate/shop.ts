/** Something that simulated visitors look at and buy. */
export interface ShopProduct {
  id: string;
  category: string;
  brand?: string;
  price: number;
  /** Price before a reduction, where there is one: above `price`. */
  was?: number;
}

/** Where things are in the shop; `{id}` and `{category}` stand for the product's. */
export interface ShopPaths {
  home: string;
  /** A shelf. */
  category: string;
  product: string;
  search: string;
  cart: string;
  checkout: string;
  thanks: string;
}

/** The shop that simulated visitors walk about in. Plain data: it may come from a JSON file. */
export interface SimulatedShop {
  /** ISO 4217 (default `EUR`). */
  currency?: string;
  paths?: Partial<ShopPaths>;
  products: readonly ShopProduct[];
}

/** A shop with nothing left open. */
export type Shop = Required<SimulatedShop> & { paths: ShopPaths };

const PATHS: ShopPaths = {
  home: "/",
  category: "/category/{category}",
  product: "/product/{id}",
  search: "/search",
  cart: "/cart",
  checkout: "/checkout",
  thanks: "/thanks",
};

export const shopOf = ({ currency = "EUR", paths, products }: SimulatedShop): Shop => ({
  currency,
  paths: { ...PATHS, ...paths },
  products,
});

/** The address of a page about this product or its shelf. */
export const pathTo = (path: string, { id, category }: Pick<ShopProduct, "id" | "category">): string =>
  path.replace("{id}", encodeURIComponent(id)).replace("{category}", encodeURIComponent(category));

/** By how much a product is reduced, as a share of its price before: [0, 1), to the hundredth. */
export const discountOf = ({ price, was }: Pick<ShopProduct, "price" | "was">): number =>
  was === undefined ? 0 : Math.round((1 - price / was) * 100) / 100;
