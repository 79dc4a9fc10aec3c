"use client";

import { useTrack } from "@attune/react";
import { createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { type Product, discountOf, product } from "~/shop/catalogue";

interface Bag {
  slugs: readonly string[];
  total: number;
  add(slug: string): void;
  remove(slug: string): void;
  /** Places the order; its number. */
  order(): string;
}

const BagContext = createContext<Bag | null>(null);

/** The shop's own session memory, written only when something is put into the bag: it is what the visitor asked for. */
const KEY = "bag";

/** What a shop event says of a product, in Segment's words. */
export const shopProperties = (item: Product) => ({
  product_id: item.slug,
  name: item.name,
  category: item.category,
  brand: item.brand,
  price: item.price,
  discount: discountOf(item),
});

export function BagProvider({ children }: { children: React.ReactNode }) {
  const track = useTrack();
  const [slugs, setSlugs] = useState<readonly string[]>([]);

  useEffect(() => {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    if (Array.isArray(kept) && kept.length > 0)
      setSlugs(
        kept.filter((slug): slug is string => typeof slug === "string" && product(slug) !== undefined),
      );
  }, []);

  const keep = useCallback((next: readonly string[]) => {
    setSlugs(next);
    if (next.length === 0) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(next));
  }, []);

  const bag = useMemo<Bag>(() => {
    const total = slugs.reduce((sum, slug) => sum + (product(slug)?.price ?? 0), 0);
    return {
      slugs,
      total,
      add(slug) {
        const item = product(slug);
        if (item === undefined) return;
        keep([...slugs, slug]);
        void track("Product Added", { ...shopProperties(item), quantity: 1 });
      },
      remove(slug) {
        const item = product(slug);
        const at = slugs.indexOf(slug);
        if (item === undefined || at < 0) return;
        keep(slugs.filter((_, index) => index !== at));
        void track("Product Removed", { ...shopProperties(item), quantity: 1 });
      },
      order() {
        const order = `H${Date.now().toString(36).toUpperCase()}`;
        void track("Order Completed", {
          order_id: order,
          revenue: total,
          currency: "EUR",
          products: slugs.length,
        });
        keep([]);
        return order;
      },
    };
  }, [slugs, keep, track]);

  return <BagContext.Provider value={bag}>{children}</BagContext.Provider>;
}

export function useBag(): Bag {
  const bag = useContext(BagContext);
  if (bag === null) throw new Error("useBag needs a BagProvider above it.");
  return bag;
}
