import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { BuyButton } from "~/components/buy-button";
import { Cards, Price } from "~/components/cards";
import { View } from "~/components/view";
import { Art } from "~/shop/art";
import { CATEGORIES, inCategory, product } from "~/shop/catalogue";

type Props = { params: Promise<{ slug: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: product((await params).slug)?.name ?? "Not found" };
}

export default async function ProductPage({ params }: Props) {
  const item = product((await params).slug);
  if (item === undefined) notFound();
  const others = inCategory(item.category).filter((other) => other.slug !== item.slug);
  return (
    <>
      <View name="product" product={item.slug} />
      <article className="wrap product">
        <div className="product-picture">
          <Art kind={item.art} tone={item.tone} title={item.name} />
        </div>
        <div className="product-text">
          <p className="crumb">
            <Link href={`/category/${item.category}`}>{CATEGORIES[item.category].name}</Link> · {item.brand}
          </p>
          <h1>{item.name}</h1>
          <p className="product-price">
            <Price product={item} />
          </p>
          <p className="lede">{item.blurb}</p>
          <BuyButton slug={item.slug} />
          <dl className="facts">
            {item.facts.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <p className="fine">Delivered in 2–3 days. Free from €60. Thirty days to send it back.</p>
        </div>
      </article>
      <section className="wrap page">
        <h2>More from {CATEGORIES[item.category].name}</h2>
        <Cards products={others.slice(0, 4)} />
      </section>
    </>
  );
}
