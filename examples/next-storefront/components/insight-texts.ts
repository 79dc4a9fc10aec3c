import type { ExplainMessages } from "@attune/react/devtools";
import { en } from "@attune/react/devtools";
import type { SLOTS } from "~/attune/config";
import { money } from "~/shop/catalogue";
import { groupMeaning, groupName, PURPOSES, shelfName, variantName } from "./insight-words";

/** A statement about the reader, for each condition of attune/ruleset.json. */
function clause(name: string, operator: string, wanted: string): string {
  if (name === "recentCategory") return `the shelf you looked at last is ${shelfName(wanted)}`;
  if (name === "topCategory") return `the shelf you look at most is ${shelfName(wanted)}`;
  if (name !== "cartValue") return `${name} ${operator} ${wanted}`;
  return Number(wanted) === 0
    ? "there is something in your bag"
    : `your bag holds less than ${money(Number(wanted))}`;
}

/** How the devtools' parts speak to shoppers of one place in the shop: the same explanation, in the shop's words. */
export const shopWords = (slot: (typeof SLOTS)[number]): ExplainMessages => ({
  // What this shop's ruleset never has is said as the drawer says it.
  reasons: {
    ...en.reasons,
    rule: "It fits what you did.",
    split: "The versions are drawn by lot, so that we learn which one is clearer.",
    override: "It was chosen by hand.",
    "no-match": "Nothing you did points elsewhere, so you see what everybody sees.",
    "not-targeted": "It is not meant for this kind of visit.",
    "not-covered": "Only some visitors take part, and you are not one of them.",
    "no-identity": "Nothing tells your visits apart, so you see what everybody sees.",
    consent: "You have not allowed personal content, so you see what everybody sees.",
    "unknown-slot": "Nothing is set up for this place.",
    "not-ready": "The rules have not arrived yet.",
    error: "Something went wrong, so you see what everybody sees.",
  },
  because: (what) => `Because ${what}.`,
  chance: (percent) => `${percent}% of visitors see this one.`,
  step: {
    ...en.step,
    slot: {
      passed: () => "Something is set up for this place.",
      failed: () => "Nothing is set up for this place.",
    },
    consent: {
      passed: () => "You allow what it needs.",
      failed: (what) => `It needs your permission for: ${what}.`,
    },
    targeting: {
      passed: () => "It is meant for visits like this.",
      failed: () => "It is not meant for visits like this.",
    },
    rule: { passed: (what) => `This is so: ${what}.`, failed: (what) => `This is not so: ${what}.` },
    split: {
      passed: () => "A lot was drawn for you, once and for all.",
      failed: () => "No lot was drawn for you.",
    },
    result: { passed: (what) => `So you see: ${what}.`, failed: (what) => `So you see: ${what}.` },
  },
  clause,
  operators: en.operators,
  inSegment: (segment) => `you are in the group “${groupName(segment)}” (${groupMeaning(segment)})`,
  variant: (name) => variantName(slot, name),
  purposes: PURPOSES,
  nothing: "nothing",
});
