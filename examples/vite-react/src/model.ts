import type { Ruleset } from "@attune/core";
import { defineSegments, defineSlots } from "@attune/react";

const segments = defineSegments([
  { name: "rye-lovers", description: "Looks at rye most of all.", enter: { topCategory: { $in: ["rye"] } } },
]);

const slots = defineSlots({
  opening: {
    variants: {
      everybody: { title: "Bread, baked once a day", text: "Out of the oven at six. Gone by four." },
      rye: { title: "The rye is still warm", text: "Dark, sour, three days of patience. We kept one back." },
    },
    fallback: "everybody",
    policy: { type: "rules", rules: [{ segment: "rye-lovers", variant: "rye" }] },
  },
  "order-words": {
    variants: { plain: "Order", warm: "Keep one for me" },
    fallback: "plain",
    policy: { type: "split", experiment: "order-words", weights: { plain: 0.5, warm: 0.5 } },
  },
});

export const ruleset: Ruleset = { schemaVersion: 1, revision: 1, segments, slots };

declare module "@attune/react" {
  interface Register {
    slots: typeof slots;
    segments: typeof segments;
  }
}
