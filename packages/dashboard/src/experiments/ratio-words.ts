import type { Loss, LossCause, SampleRatioReport } from "@attune/core/stats";

type State = SampleRatioReport["state"] | "few";

const STATES: Readonly<Record<State, string>> = {
  ok: "Yes. The variants have as many visitors as their shares would have it.",
  suspicious: "Perhaps not. The shares look odd, and it may still be chance: keep an eye on it.",
  mismatch:
    "No. The variants have not as many visitors as their shares would have it, and that is no chance.",
  untested:
    "This was not tested: shares that follow what is learned say nothing of how many there should be.",
  few: "This cannot be told yet: of so few visitors any split may be chance.",
};
export const ratioWords = (state: State): string => STATES[state];

/**
 * What is said of it: "ok" of so few visitors that the least likely outcome of all, each of them in the rarest variant, would be no alarm either
 * (at even shares: of nine at most) says nothing.
 */
export function ratioState(
  { state, alarm }: SampleRatioReport,
  weights: readonly number[],
  visitors: number,
): State {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const rarest = Math.min(...weights.filter((weight) => weight > 0)) / all;
  return state === "ok" && rarest ** visitors >= alarm ? "few" : state;
}

export const RATIO_SIGN: Readonly<Record<State, string>> = {
  ok: "✓",
  suspicious: "!",
  mismatch: "✕",
  untested: "○",
  few: "○",
};

const LOSSES: Readonly<Record<Loss, string>> = {
  assignment: "They were lost as variants were chosen, before anything was shown.",
  render: "They were lost between the choice of a variant and its showing.",
  delivery: "They were lost between the showing of a variant and word of it.",
};
export const lossWords = (loss: Loss | null): string =>
  loss === null ? "The variants have not as many visitors as their shares would have it." : LOSSES[loss];

export const CAUSES: Readonly<Record<LossCause, string>> = {
  "weights-changed": "the shares were changed while it ran",
  "assigned-in-several-places": "variants are chosen in several places, and not by the same rule",
  "targeting-reads-what-it-changes": "who takes part depends on something that a variant changes",
  "filtered-afterwards": "visitors are filtered out afterwards",
  "variant-fails": "a variant fails in some browsers",
  "variant-is-slow": "a variant is slower to show",
  redirect: "a variant leads to another address",
  "leaves-before-it-shows": "visitors leave before it shows",
  "events-lost-on-leaving": "events are lost as visitors leave",
  "events-blocked": "something blocks events, such as an extension",
  "bots-filtered": "robots are filtered out in one variant more than in another",
};
