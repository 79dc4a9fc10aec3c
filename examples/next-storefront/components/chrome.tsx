"use client";

import { ConsentSettingsButton } from "@attune/react/consent";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { CATEGORIES } from "~/shop/catalogue";
import { useBag } from "./bag";
import { InsightButton } from "./insight-state";
import { Search } from "./search";

export function Header() {
  const path = usePathname();
  const bag = useBag();
  const links = [
    ...Object.entries(CATEGORIES).map(([slug, { name }]) => [`/category/${slug}`, name] as const),
    ["/sale", "Sale"] as const,
  ];
  return (
    <header className="header">
      <a className="skip" href="#main">
        Skip to the products
      </a>
      <div className="wrap header-row">
        <Link className="logo" href="/">
          Halden<span> Goods</span>
        </Link>
        <Search />
        <InsightButton />
        <Link className="bag-link" href="/bag" aria-label={`Bag, ${bag.slugs.length} items`}>
          Bag <b>{bag.slugs.length}</b>
        </Link>
        <nav aria-label="Shelves">
          {links.map(([href, name]) => (
            <Link
              key={href}
              href={href}
              aria-current={path === href ? "page" : undefined}
              className={href === "/sale" ? "sale-link" : undefined}
            >
              {name}
            </Link>
          ))}
        </nav>
      </div>
    </header>
  );
}

export function Footer() {
  return (
    <footer className="footer">
      <div className="wrap footer-row">
        <p>
          Halden Goods is a demonstration shop, personalised by Attune. Nothing here is for sale.{" "}
          <Link href="/gifts">Gifts up to €40</Link>
        </p>
        <ConsentSettingsButton className="link">Privacy choices</ConsentSettingsButton>
      </div>
    </footer>
  );
}
