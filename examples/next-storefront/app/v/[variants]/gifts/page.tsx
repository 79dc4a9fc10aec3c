import type { Metadata } from "next";
import { Cards } from "~/components/cards";
import { Hero } from "~/components/hero";
import { View } from "~/components/view";
import { PRODUCTS } from "~/shop/catalogue";

export const metadata: Metadata = { title: "Gifts" };

/** Each copy is made when it is first asked for, and kept. */
export const dynamic = "force-static";
export function generateStaticParams(): { variants: string }[] {
  return [];
}

export default function GiftsPage() {
  return (
    <>
      <View name="category" category="gifts" />
      <Hero />
      <section className="wrap page">
        <h2>Gifts up to €40</h2>
        <Cards products={PRODUCTS.filter(({ price }) => price <= 40)} />
      </section>
    </>
  );
}
