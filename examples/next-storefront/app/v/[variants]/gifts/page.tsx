import { precomputedCodes } from "@attune/react/next";
import type { Metadata } from "next";
import { ruleset } from "~/attune/ruleset";
import { Cards } from "~/components/cards";
import { Hero } from "~/components/hero";
import { View } from "~/components/view";
import { PRODUCTS } from "~/shop/catalogue";

export const metadata: Metadata = { title: "Gifts" };

/** One copy for all that the two slots can show together. */
export async function generateStaticParams(): Promise<{ variants: string }[]> {
  return (await precomputedCodes(["hero", "nudge"], { ruleset })).map((variants) => ({ variants }));
}

export default function GiftsPage() {
  return (
    <>
      <View name="home" />
      <Hero />
      <section className="wrap page">
        <h2>Gifts up to €40</h2>
        <Cards products={PRODUCTS.filter(({ price }) => price <= 40)} />
      </section>
    </>
  );
}
