import type { Metadata } from "next";
import Link from "next/link";
import { View } from "~/components/view";
import { Art } from "~/shop/art";

export const metadata: Metadata = { title: "Thank you" };

export default function ThanksPage() {
  return (
    <section className="wrap page narrow thanks">
      <View name="thanks" />
      <Art kind="lantern" tone="moss" />
      <h1>Thank you</h1>
      <p className="lede">
        Your order is placed. This is a demonstration shop: nothing was charged, and nothing will arrive.
      </p>
      <Link className="button" href="/">
        Back to the shop
      </Link>
    </section>
  );
}
