import type { ConsentPolicy } from "@attune/core/consent";
import type { ArtKind } from "~/shop/art";
import type { CategorySlug, Tone } from "~/shop/catalogue";

/** What visitors agree to. A new version means that they are asked again. */
export const consentPolicy: ConsentPolicy = {
  version: "2026-11",
  mode: "opt-in",
  purposes: ["analytics", "personalization", "marketing"],
};

export type HeroValue = {
  kicker: string;
  title: string;
  text: string;
  action: string;
  href: string;
  art: ArtKind;
  tone: Tone;
};
export type NudgeValue = { text: string; href: string; action: string };
export type ProductOrder = "featured" | "reduced-first" | "new-first" | `${CategorySlug}-first`;

/** The slots of attune/ruleset.json that pages render. */
export const SLOTS = ["hero", "product-order", "nudge", "buy-button"] as const;

/** Gives every hook and component the slots' names, variants and values. */
declare module "@attune/react" {
  interface Register {
    slots: {
      hero: { variants: Record<"generic" | "sale" | "welcome-back" | CategorySlug, HeroValue> };
      "product-order": { variants: { [Order in ProductOrder]: Order } };
      nudge: {
        variants: Record<
          "none" | "shipping" | "compare" | "sale" | "thanks" | "guarantee",
          NudgeValue | null
        >;
      };
      "buy-button": { variants: Record<"plain" | "returns", { label: string }> };
    };
  }
}
