import type { Metadata } from "next";
import { Cards } from "~/components/cards";
import { View } from "~/components/view";
import { onSale } from "~/shop/catalogue";

export const metadata: Metadata = { title: "Sale" };

export default function SalePage() {
  return (
    <section className="wrap page">
      <View name="category" category="sale" />
      <h1>Sale</h1>
      <p className="lede">
        Reduced until the shelf is empty. The price struck through is what it really cost before.
      </p>
      <Cards products={onSale()} />
    </section>
  );
}
