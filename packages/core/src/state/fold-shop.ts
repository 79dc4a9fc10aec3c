import type { Event } from "../events/types.js";
import { label, positive } from "./label.js";
import { countLabel } from "./top-k.js";
import { Figure, type LearnedState } from "./types.js";

type Properties = Event["properties"];

/** Without a price, what leaves the cart costs the cart's average. */
function remove({ figures }: LearnedState, quantity: number, price: number): void {
  const items = figures[Figure.CartItems];
  const value = figures[Figure.CartValue];
  const left = Math.max(0, items - quantity);
  figures[Figure.CartRemovals]++;
  figures[Figure.CartItems] = left;
  figures[Figure.CartValue] = left && Math.max(0, value - quantity * (price || value / items));
}

/** A product or a list of them that was seen or put into the cart tells what the visitor is interested in. */
function notice(learned: LearnedState, { category, brand }: Properties): void {
  const known = label(category);
  if (known) {
    learned.categories = countLabel(learned.categories, known);
    learned.recentCategory = known;
  }
  const maker = label(brand, 24);
  if (maker) learned.brands = countLabel(learned.brands, maker);
}

/** What the event says of products, cart and orders; an order empties the cart. Writes into `learned`, whose figures the caller owns. */
export function foldShop(learned: LearnedState, { name, properties, occurredAt }: Event): void {
  const { figures } = learned;
  if (name === "Checkout Started") {
    figures[Figure.InCheckout] = 1;
    figures[Figure.Checkouts]++;
  } else if (name === "Order Completed") {
    figures[Figure.InCheckout] = figures[Figure.CartItems] = figures[Figure.CartValue] = 0;
    figures[Figure.Orders]++;
    figures[Figure.Revenue] += positive(properties.revenue ?? properties.total);
    figures[Figure.OrderedAt] = Math.max(figures[Figure.OrderedAt], occurredAt);
  } else if (name.startsWith("Product ")) {
    const price = positive(properties.price);
    const quantity = positive(properties.quantity) || 1;
    if (name === "Product Removed") return remove(learned, quantity, price);
    if (name === "Product Viewed") {
      figures[Figure.SessionViews]++;
      figures[Figure.Views]++;
      if (properties.on_sale === true || positive(properties.discount)) figures[Figure.OnSale]++;
      if (price) figures[Figure.MeanPrice] += (price - figures[Figure.MeanPrice]) / ++figures[Figure.Priced];
    } else if (name === "Product Added") {
      figures[Figure.CartAdds]++;
      figures[Figure.CartItems] += quantity;
      figures[Figure.CartValue] += price * quantity;
      figures[Figure.AddedAt] = Math.max(figures[Figure.AddedAt], occurredAt);
    }
    notice(learned, properties);
  }
}
