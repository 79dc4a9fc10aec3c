import Link from "next/link";
import { Art } from "~/shop/art";
import { CATEGORIES } from "~/shop/catalogue";

export function CategoryTiles() {
  return (
    <nav className="wrap tiles" aria-label="All shelves">
      {Object.entries(CATEGORIES).map(([slug, { name, line, art, tone }]) => (
        <Link key={slug} href={`/category/${slug}`} className={`tile tone-${tone}`}>
          <span>
            <b>{name}</b>
            <small>{line}</small>
          </span>
          <Art kind={art} tone={tone} plain />
        </Link>
      ))}
    </nav>
  );
}
