"use client";

import { useTrack } from "@attune/react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { Art } from "~/shop/art";
import { money, product } from "~/shop/catalogue";
import { useBag } from "./bag";

export function BagContents() {
  const bag = useBag();
  const router = useRouter();
  const track = useTrack();
  if (bag.slugs.length === 0) {
    return (
      <>
        <p className="lede">There is nothing in it yet.</p>
        <Link className="button" href="/#shop">
          See everything
        </Link>
      </>
    );
  }
  const buy = () => {
    void track("Checkout Started", { revenue: bag.total, currency: "EUR" });
    bag.order();
    router.push("/thanks");
  };
  return (
    <>
      <ul className="bag">
        {bag.slugs.map((slug, index) => {
          const item = product(slug);
          return item === undefined ? null : (
            // biome-ignore lint: the same product may stand twice
            <li key={`${slug}-${index}`}>
              <Art kind={item.art} tone={item.tone} />
              <span>
                <Link href={`/product/${slug}`}>{item.name}</Link>
                <small>{item.brand}</small>
              </span>
              <b>{money(item.price)}</b>
              <button
                type="button"
                className="link"
                onClick={() => bag.remove(slug)}
                aria-label={`Remove ${item.name}`}
              >
                Remove
              </button>
            </li>
          );
        })}
      </ul>
      <p className="bag-total">
        <span>Total</span>
        <b>{money(bag.total)}</b>
      </p>
      <button type="button" className="button buy" onClick={buy} data-testid="order">
        Place the order
      </button>
      <p className="fine">A demonstration: no address, no payment, nothing is sent.</p>
    </>
  );
}
