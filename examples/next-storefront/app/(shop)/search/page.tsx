import type { Metadata } from "next";
import { Cards } from "~/components/cards";
import { View } from "~/components/view";
import { CATEGORIES, PRODUCTS } from "~/shop/catalogue";

export const metadata: Metadata = { title: "Search" };

export default async function SearchPage({ searchParams }: { searchParams: Promise<{ q?: string }> }) {
  const query = ((await searchParams).q ?? "").slice(0, 60);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = PRODUCTS.filter((item) => {
    const text = `${item.name} ${item.brand} ${CATEGORIES[item.category].name} ${item.blurb}`.toLowerCase();
    return words.length > 0 && words.every((word) => text.includes(word));
  });
  return (
    <section className="wrap page">
      <View name="search" results={found.length} key={query} />
      <h1>{found.length === 0 ? "Nothing found" : `${found.length} found`}</h1>
      <p className="lede">
        {query === "" ? "Type what you are looking for at the top of the page." : `For “${query}”.`}
      </p>
      <Cards products={found} />
    </section>
  );
}
