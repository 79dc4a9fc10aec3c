"use client";

import { Experiment, Variant } from "@attune/react";
import { useState } from "react";
import { useBag } from "./bag";

export function BuyButton({ slug }: { slug: string }) {
  const bag = useBag();
  const [added, setAdded] = useState(false);
  const add = () => {
    bag.add(slug);
    setAdded(true);
  };
  const label = (text: string) => (
    <button type="button" className="button buy" onClick={add} data-attune-name="buy">
      {added ? "In your bag ✓" : text}
    </button>
  );
  return (
    <div className="buy-row" data-testid="buy">
      <Experiment slot="buy-button" fallback="plain">
        <Variant name="plain">{label("Add to bag")}</Variant>
        <Variant name="returns">{label("Add to bag · free returns")}</Variant>
      </Experiment>
    </div>
  );
}
