import { Personalize, useExposure, useTrack, useVariant } from "@attune/react";
import { ConsentBanner, ConsentSettingsButton } from "@attune/react/consent";
import { useState } from "react";

const BREADS = [
  {
    id: "rye",
    name: "Dark rye",
    category: "rye",
    line: "Sourdough, caraway, a crust that sings.",
    price: 6.4,
  },
  {
    id: "rye-seed",
    name: "Rye with seeds",
    category: "rye",
    line: "Sunflower, linseed, pumpkin.",
    price: 6.9,
  },
  {
    id: "country",
    name: "Country loaf",
    category: "wheat",
    line: "Wheat, a little spelt, long cool rise.",
    price: 5.8,
  },
  {
    id: "brioche",
    name: "Brioche",
    category: "sweet",
    line: "Butter first, everything else after.",
    price: 7.2,
  },
] as const;

export function App() {
  return (
    <>
      <ConsentBanner />
      <main>
        <Opening />
        <ul className="breads">
          {BREADS.map((bread) => (
            <Bread key={bread.id} bread={bread} />
          ))}
        </ul>
        <Order />
        <footer>
          <ConsentSettingsButton />
        </footer>
      </main>
    </>
  );
}

function Opening() {
  return (
    <header>
      <p className="name">Korn &amp; Krume</p>
      <Personalize slot="opening">
        {({ title, text }) => (
          <>
            <h1>{title}</h1>
            <p className="lede">{text}</p>
          </>
        )}
      </Personalize>
    </header>
  );
}

function Bread({ bread }: { bread: (typeof BREADS)[number] }) {
  const track = useTrack();
  const [open, setOpen] = useState(false);
  const look = () => {
    setOpen(!open);
    const { id, category, price } = bread;
    if (!open) void track("Product Viewed", { product_id: id, category, price });
  };
  return (
    <li>
      <button type="button" aria-expanded={open} onClick={look}>
        <span>{bread.name}</span>
        <span>€{bread.price.toFixed(2)}</span>
      </button>
      {open && <p>{bread.line}</p>}
    </li>
  );
}

function Order() {
  return (
    <button type="button" className="order" ref={useExposure("order-words")}>
      {useVariant("order-words", "Order")}
    </button>
  );
}
