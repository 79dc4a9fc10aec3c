/** How a kind of visitor tends to behave. Shares are probabilities in [0, 1], times are means in seconds. */
export interface Persona {
  name: string;
  /** Relative frequency among visitors. */
  weight: number;
  productsSeen: number;
  dwellSeconds: number;
  /** Looks for a product by words instead of walking the shelves. */
  searches: number;
  /** Takes a product that is on sale where there is one. */
  prefersSale: number;
  /** Puts a product seen into the cart. */
  adds: number;
  /** Takes a cart to the checkout, and buys there. */
  checksOut: number;
  buys: number;
  /** Arrives by a campaign. */
  campaign: number;
  /** Comes back under the same id at a later time. */
  returns: number;
}

export const PERSONAS: readonly Persona[] = [
  {
    name: "bargain-hunter",
    weight: 3,
    productsSeen: 7,
    dwellSeconds: 6,
    searches: 0.3,
    prefersSale: 0.9,
    adds: 0.22,
    checksOut: 0.5,
    buys: 0.6,
    campaign: 0.6,
    returns: 0.3,
  },
  {
    name: "researcher",
    weight: 3,
    productsSeen: 12,
    dwellSeconds: 16,
    searches: 0.6,
    prefersSale: 0.2,
    adds: 0.06,
    checksOut: 0.35,
    buys: 0.5,
    campaign: 0.2,
    returns: 0.5,
  },
  {
    name: "returning-buyer",
    weight: 2,
    productsSeen: 4,
    dwellSeconds: 8,
    searches: 0.5,
    prefersSale: 0.3,
    adds: 0.45,
    checksOut: 0.85,
    buys: 0.9,
    campaign: 0.1,
    returns: 0.8,
  },
  {
    name: "browser",
    weight: 6,
    productsSeen: 3,
    dwellSeconds: 5,
    searches: 0.1,
    prefersSale: 0.3,
    adds: 0.03,
    checksOut: 0.2,
    buys: 0.3,
    campaign: 0.3,
    returns: 0.15,
  },
];
