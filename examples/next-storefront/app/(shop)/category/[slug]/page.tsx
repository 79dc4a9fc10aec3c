import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Cards } from "~/components/cards";
import { View } from "~/components/view";
import { CATEGORIES, type CategorySlug, inCategory } from "~/shop/catalogue";

type Props = { params: Promise<{ slug: string }> };
const isCategory = (slug: string): slug is CategorySlug => Object.hasOwn(CATEGORIES, slug);

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug } = await params;
  return isCategory(slug) ? { title: CATEGORIES[slug].name } : {};
}

export default async function CategoryPage({ params }: Props) {
  const { slug } = await params;
  if (!isCategory(slug)) notFound();
  const category = CATEGORIES[slug];
  return (
    <section className="wrap page">
      <View name="category" category={slug} />
      <h1>{category.name}</h1>
      <p className="lede">{category.line}</p>
      <Cards products={inCategory(slug)} />
    </section>
  );
}
