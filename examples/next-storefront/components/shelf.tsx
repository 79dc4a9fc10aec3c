"use client";

import { Personalize } from "@attune/react";
import type { ProductOrder } from "~/attune/config";
import { CATEGORIES, type CategorySlug, PRODUCTS, type Product } from "~/shop/catalogue";
import { Cards } from "./cards";

const ORDERS: Readonly<Record<string, { heading: string; first(item: Product): boolean }>> = {
  featured: { heading: "All twenty-four", first: () => true },
  "reduced-first": { heading: "Reduced first", first: (item) => item.was !== undefined },
  "new-first": { heading: "New since your last visit", first: (item) => item.fresh === true },
};

function orderOf(order: ProductOrder) {
  const known = ORDERS[order];
  if (known !== undefined) return known;
  const shelf = order.replace(/-first$/, "") as CategorySlug;
  return {
    heading: `From the ${CATEGORIES[shelf].name.toLowerCase()} shelf first`,
    first: (item: Product) => item.category === shelf,
  };
}

/** Within both halves the shop's own order stands. */
function Arranged({ order }: { order: ProductOrder }) {
  const { heading, first } = orderOf(order);
  const products = [...PRODUCTS.filter(first), ...PRODUCTS.filter((item) => !first(item))];
  return (
    <section className="wrap page" id="shop" data-testid="shelf" data-order={order}>
      <h2>{heading}</h2>
      <Cards products={products} />
    </section>
  );
}

export function Shelf() {
  return (
    <Personalize slot="product-order" fallback={<Arranged order="featured" />}>
      {(order) => <Arranged order={order} />}
    </Personalize>
  );
}
