const HEAVY = new Set([
  "Product Added",
  "Product Removed",
  "Checkout Started",
  "Order Completed",
  "Signed In",
  "Visitor Identified",
  "Variant Exposed",
  "Consent Changed",
]);
/** What capture makes by itself and in numbers. */
const LIGHT = /^(?:Page (?!Viewed$)|Element )/;

/** How much an event of this name matters where a queue has no room for all: conversions, identity and evidence 2, passive signals 0, all else 1. */
export const weightOf = (name: string): number => (HEAVY.has(name) ? 2 : LIGHT.test(name) ? 0 : 1);
