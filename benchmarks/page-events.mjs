const PRODUCTS = [
  "kettle",
  "lamp",
  "stool",
  "rug",
  "knife",
  "pot",
  "shelf",
  "towel",
  "basket",
  "mirror",
  "clock",
  "vase",
];
/** What happens on a product page, as the browser client reports it. */
const ON_PAGE = [
  [
    "Product Viewed",
    { position: 3, list: "category", variant: "enamel, dark green, one litre", available: true },
  ],
  [
    "Page Scrolled",
    { depth: 0.62, pageHeight: 4120, direction: "down", section: "details and measures", reached: true },
  ],
  ["Page Engaged", { activeMs: 4210, totalMs: 9230, inputs: 3, mode: "pointer and keyboard", focused: true }],
  ["Element Clicked", { position: 2, zone: "gallery", label: "Show the picture from above", primary: false }],
];
const hex = (value) => value.toString(16).padStart(12, "0");

/** An event of about 950 bytes, as a page sends it: visitors stay for 32 events, on each page for four. */
export function event(index, at) {
  const visitor = index >> 5;
  const page = index >> 2;
  const product = PRODUCTS[(page * 7) % PRODUCTS.length];
  const [name, details] = ON_PAGE[index & 3];
  const path = `/product/fjell-${product}-${page % 90}`;
  return {
    id: `0192f3a4-${(index & 0xffff).toString(16).padStart(4, "0")}-7abc-8def-${hex(index)}`,
    schemaVersion: 1,
    visitorId: `0192f3a4-1111-7abc-8def-${hex(visitor)}`,
    sessionId: `0192f3a4-2222-7abc-8def-${hex(visitor)}`,
    deviceId: `0192f3a4-3333-7abc-8def-${hex(visitor)}`,
    seq: index,
    occurredAt: at,
    tzOffset: 60,
    name,
    properties: {
      product_id: `fjell-${product}`,
      name: `Fjell ${product}`,
      category: "kitchen",
      brand: "Fjell",
      price: 79,
      currency: "EUR",
      ...details,
    },
    context: {
      page: {
        url: `https://shop.example${path}`,
        path,
        referrer: "https://shop.example",
        title: `Fjell ${product} · Halden Goods`,
      },
      viewport: { width: 1440, height: 900 },
      device: { type: "desktop" },
      language: "en-GB",
      campaign: { source: "newsletter", medium: "email", name: "autumn-kitchen" },
    },
    consent: { purposes: ["necessary", "analytics", "personalization"], policyVersion: "2026-11" },
  };
}

/** Batches made beforehand, so that the client costs as little as may be; their events are numbered from `first`. */
export function bodies(count, size, first = 0) {
  const at = Date.now();
  return Array.from({ length: count }, (_, batch) =>
    Buffer.from(
      JSON.stringify({
        sentAt: at,
        events: Array.from({ length: size }, (_, i) => event(first + batch * size + i, at - 1000 + i)),
      }),
    ),
  );
}
