import type { ArtKind } from "./art";

export interface Product {
  slug: string;
  name: string;
  category: CategorySlug;
  brand: string;
  /** Price now, in euros. */
  price: number;
  /** Price before a reduction, where there is one. */
  was?: number;
  /** Arrived this month. */
  fresh?: true;
  art: ArtKind;
  tone: Tone;
  blurb: string;
  facts: readonly [string, string][];
}

export type Tone = "clay" | "moss" | "sky" | "sand" | "plum" | "ink";
export type CategorySlug = "kitchen" | "lighting" | "outdoor" | "desk";

export const CATEGORIES: Readonly<
  Record<CategorySlug, { name: string; line: string; art: ArtKind; tone: Tone }>
> = {
  kitchen: {
    name: "Kitchen",
    line: "Things that earn their place on the counter.",
    art: "kettle",
    tone: "clay",
  },
  lighting: { name: "Lighting", line: "Warm light, put where you need it.", art: "pendant", tone: "sand" },
  outdoor: { name: "Outdoor", line: "Made for weather, packed in minutes.", art: "tent", tone: "moss" },
  desk: { name: "Desk", line: "A quiet place to think.", art: "notebook", tone: "sky" },
};

const item = (
  slug: string,
  name: string,
  category: CategorySlug,
  rest: Omit<Product, "slug" | "name" | "category">,
): Product => ({ slug, name, category, ...rest });

export const PRODUCTS: readonly Product[] = [
  item("fjell-kettle", "Fjell kettle", "kitchen", {
    brand: "Fjell",
    price: 79,
    art: "kettle",
    tone: "clay",
    blurb: "A gooseneck kettle that pours exactly where you point it.",
    facts: [
      ["Capacity", "1.0 l"],
      ["Material", "Enamelled steel"],
      ["Hob", "All, induction too"],
    ],
  }),
  item("morning-mug", "Morning mug, set of two", "kitchen", {
    brand: "Halden",
    price: 28,
    was: 36,
    art: "mug",
    tone: "sand",
    blurb: "Stoneware with a rim thin enough for tea and walls thick enough for Monday.",
    facts: [
      ["Volume", "320 ml"],
      ["Material", "Stoneware"],
      ["Care", "Dishwasher"],
    ],
  }),
  item("carbon-pan", "Carbon steel pan", "kitchen", {
    brand: "Fjell",
    price: 64,
    art: "pan",
    tone: "ink",
    blurb: "Light, quick, and better every year you use it.",
    facts: [
      ["Diameter", "28 cm"],
      ["Weight", "1.7 kg"],
      ["Guarantee", "25 years"],
    ],
  }),
  item("oak-board", "Oak board", "kitchen", {
    brand: "Timmer",
    price: 45,
    was: 59,
    art: "board",
    tone: "sand",
    blurb: "End-grain oak from one tree, oiled by hand.",
    facts: [
      ["Size", "42 × 28 cm"],
      ["Wood", "European oak"],
      ["Finish", "Linseed oil"],
    ],
  }),
  item("pantry-jars", "Pantry jars", "kitchen", {
    brand: "Halden",
    price: 24,
    art: "jar",
    tone: "sky",
    blurb: "Three jars with cork lids that really close.",
    facts: [
      ["Volume", "0.5, 1 and 1.5 l"],
      ["Material", "Borosilicate glass"],
      ["Lid", "Cork"],
    ],
  }),
  item("santoku", "Santoku knife", "kitchen", {
    brand: "Timmer",
    price: 96,
    fresh: true,
    art: "knife",
    tone: "plum",
    blurb: "One knife for nearly everything, balanced at the bolster.",
    facts: [
      ["Blade", "17 cm"],
      ["Steel", "14C28N"],
      ["Handle", "Smoked oak"],
    ],
  }),

  item("dome-pendant", "Dome pendant", "lighting", {
    brand: "Lumo",
    price: 129,
    art: "pendant",
    tone: "sand",
    blurb: "Spun aluminium that throws a calm circle of light.",
    facts: [
      ["Diameter", "36 cm"],
      ["Socket", "E27"],
      ["Cable", "2.5 m"],
    ],
  }),
  item("arc-desk-lamp", "Arc desk lamp", "lighting", {
    brand: "Lumo",
    price: 89,
    was: 119,
    art: "desk-lamp",
    tone: "clay",
    blurb: "Stays where you leave it, at any angle.",
    facts: [
      ["Light", "450 lm, dimmable"],
      ["Colour", "2700–4000 K"],
      ["Base", "Cast iron"],
    ],
  }),
  item("storm-lantern", "Storm lantern", "lighting", {
    brand: "Fjell",
    price: 58,
    fresh: true,
    art: "lantern",
    tone: "moss",
    blurb: "A rechargeable lantern for the terrace and the trail.",
    facts: [
      ["Runtime", "40 h"],
      ["Charge", "USB-C"],
      ["Rating", "IP54"],
    ],
  }),
  item("rapeseed-candles", "Rapeseed candles", "lighting", {
    brand: "Halden",
    price: 18,
    art: "candle",
    tone: "plum",
    blurb: "Four plain candles that burn clean and slow.",
    facts: [
      ["Burn time", "4 × 18 h"],
      ["Wax", "Rapeseed"],
      ["Scent", "None"],
    ],
  }),
  item("reed-floor-lamp", "Reed floor lamp", "lighting", {
    brand: "Timmer",
    price: 219,
    fresh: true,
    art: "floor-lamp",
    tone: "moss",
    blurb: "A paper shade on three ash legs.",
    facts: [
      ["Height", "148 cm"],
      ["Shade", "Washi paper"],
      ["Socket", "E27"],
    ],
  }),
  item("garden-string", "Garden string lights", "lighting", {
    brand: "Lumo",
    price: 39,
    was: 52,
    art: "string-lights",
    tone: "ink",
    blurb: "Ten shatterproof bulbs, ten metres, one plug.",
    facts: [
      ["Length", "10 m"],
      ["Bulbs", "10 × 1 W"],
      ["Rating", "IP65"],
    ],
  }),

  item("two-night-tent", "Two-night tent", "outdoor", {
    brand: "Nordlyd",
    price: 349,
    art: "tent",
    tone: "moss",
    blurb: "Room for two and their boots; up in four minutes.",
    facts: [
      ["Weight", "1.9 kg"],
      ["Water column", "3,000 mm"],
      ["Packed", "42 × 14 cm"],
    ],
  }),
  item("ridge-pack", "Ridge pack 28", "outdoor", {
    brand: "Nordlyd",
    price: 139,
    was: 179,
    art: "backpack",
    tone: "clay",
    blurb: "A day pack that swallows a weekend.",
    facts: [
      ["Volume", "28 l"],
      ["Weight", "870 g"],
      ["Fabric", "Recycled nylon"],
    ],
  }),
  item("trail-bottle", "Trail bottle", "outdoor", {
    brand: "Fjell",
    price: 32,
    art: "bottle",
    tone: "sky",
    blurb: "Cold for a day, hot for a morning.",
    facts: [
      ["Volume", "0.75 l"],
      ["Steel", "18/8"],
      ["Lid", "Carry loop"],
    ],
  }),
  item("wool-blanket", "Wool blanket", "outdoor", {
    brand: "Timmer",
    price: 118,
    fresh: true,
    art: "blanket",
    tone: "plum",
    blurb: "Thick lambswool for beaches, boats and sofas.",
    facts: [
      ["Size", "130 × 190 cm"],
      ["Wool", "Lambswool"],
      ["Made in", "Røros"],
    ],
  }),
  item("camp-chair", "Camp chair", "outdoor", {
    brand: "Nordlyd",
    price: 99,
    art: "chair",
    tone: "sand",
    blurb: "Sits low, packs small, forgives bad ground.",
    facts: [
      ["Weight", "1.1 kg"],
      ["Load", "130 kg"],
      ["Frame", "Aluminium"],
    ],
  }),
  item("pocket-stove", "Pocket stove", "outdoor", {
    brand: "Fjell",
    price: 54,
    was: 69,
    art: "stove",
    tone: "ink",
    blurb: "Boils half a litre before you find the mugs.",
    facts: [
      ["Weight", "83 g"],
      ["Boil", "0.5 l in 2:10"],
      ["Fuel", "Screw cartridge"],
    ],
  }),

  item("field-notebook", "Field notebook", "desk", {
    brand: "Halden",
    price: 16,
    art: "notebook",
    tone: "sky",
    blurb: "Lies flat, takes ink, fits a coat pocket.",
    facts: [
      ["Pages", "176, dotted"],
      ["Paper", "100 g, acid-free"],
      ["Size", "A6"],
    ],
  }),
  item("brass-pen", "Brass pen", "desk", {
    brand: "Timmer",
    price: 48,
    fresh: true,
    art: "pen",
    tone: "sand",
    blurb: "Heavy in the hand, light on the page.",
    facts: [
      ["Refill", "Standard G2"],
      ["Body", "Solid brass"],
      ["Weight", "42 g"],
    ],
  }),
  item("cork-tray", "Cork tray", "desk", {
    brand: "Halden",
    price: 34,
    was: 44,
    art: "tray",
    tone: "clay",
    blurb: "Keys, phone, glasses: found.",
    facts: [
      ["Size", "32 × 22 cm"],
      ["Material", "Portuguese cork"],
      ["Feet", "Felt"],
    ],
  }),
  item("wall-clock", "Quiet clock", "desk", {
    brand: "Lumo",
    price: 72,
    art: "clock",
    tone: "moss",
    blurb: "A sweep movement: no tick, no tock.",
    facts: [
      ["Diameter", "26 cm"],
      ["Movement", "Silent sweep"],
      ["Battery", "AA, 2 years"],
    ],
  }),
  item("work-headphones", "Work headphones", "desk", {
    brand: "Lumo",
    price: 189,
    fresh: true,
    art: "headphones",
    tone: "ink",
    blurb: "Closed, light, and repairable down to the last screw.",
    facts: [
      ["Weight", "215 g"],
      ["Battery", "38 h"],
      ["Spare parts", "All"],
    ],
  }),
  item("monitor-shelf", "Monitor shelf", "desk", {
    brand: "Timmer",
    price: 84,
    was: 112,
    art: "shelf",
    tone: "plum",
    blurb: "Bent ash that lifts your screen and hides your cables.",
    facts: [
      ["Size", "60 × 24 × 11 cm"],
      ["Wood", "Ash"],
      ["Load", "25 kg"],
    ],
  }),
];

export const product = (slug: string): Product | undefined =>
  PRODUCTS.find((candidate) => candidate.slug === slug);
export const inCategory = (category: CategorySlug): Product[] =>
  PRODUCTS.filter((candidate) => candidate.category === category);
export const onSale = (): Product[] => PRODUCTS.filter((candidate) => candidate.was !== undefined);
export const money = (value: number): string => `€${value.toFixed(value % 1 === 0 ? 0 : 2)}`;
export const discountOf = (item: Product): number =>
  item.was === undefined ? 0 : Math.round((1 - item.price / item.was) * 100) / 100;
