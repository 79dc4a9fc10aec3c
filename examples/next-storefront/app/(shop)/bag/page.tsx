import type { Metadata } from "next";
import { BagContents } from "~/components/bag-contents";
import { View } from "~/components/view";

export const metadata: Metadata = { title: "Your bag" };

export default function BagPage() {
  return (
    <section className="wrap page narrow">
      <View name="bag" />
      <h1>Your bag</h1>
      <BagContents />
    </section>
  );
}
