import { requireInput } from "../require-input.js";
import type { Agreement, FieldModel, LinkModel, LinkOptions, LinkSuggestion } from "./types.js";

const isInside = (value: number): boolean => value > 0 && value < 1;

/** @throws AttuneError `ATTUNE_ML_INPUT` at the first part that is no probability. */
export function requireLinkModel({ fields, prior }: LinkModel, path = "/model"): void {
  requireInput(fields.length > 0, `${path}/fields`, "Give at least one field.");
  fields.forEach(({ m, u }, i) =>
    requireInput(
      isInside(m) && isInside(u),
      `${path}/fields/${i}`,
      "Give m and u between 0 and 1, neither of them included.",
    ),
  );
  requireInput(isInside(prior), `${path}/prior`, "Give a probability between 0 and 1, neither included.");
}

/** log₂(m ÷ u) where records agree, log₂((1 − m) ÷ (1 − u)) where they differ, null where a value is missing (Fellegi and Sunter 1969). */
export const agreementWeight = (
  { m, u }: Pick<FieldModel, "m" | "u">,
  agreement: Agreement,
): number | null => (agreement === null ? null : agreement ? Math.log2(m / u) : Math.log2((1 - m) / (1 - u)));

/** What is added where both records have a value of this frequency: chance agreement in it is as probable as it is common. */
export const termFrequencyAdjustment = (u: number, frequency: number): number => Math.log2(u / frequency);

/** Evidence in bits as a probability: 2^w ÷ (1 + 2^w). */
export const probabilityOfWeight = (weight: number): number => 1 / (1 + 2 ** -weight);

/** Bits of a probability: log₂(p ÷ (1 − p)). */
export const weightOfProbability = (probability: number): number =>
  Math.log2(probability / (1 - probability));

/**
 * How probable it is that two records (browsers, sessions, accounts) are of one person, from the fields in which they agree, as in the model of Fellegi and Sunter (1969): each
 * field speaks for itself. A suggestion only, with its evidence; whether two may be linked at all is a matter of consent and not decided here. O(fields).
 *
 * @param agreements One per field of the model.
 * @throws AttuneError `ATTUNE_ML_INPUT`
 */
export function linkProbability(
  model: LinkModel,
  agreements: readonly Agreement[],
  { linkFrom = 0.99, rejectBelow = 0.5, termFrequencies = [] }: LinkOptions = {},
): LinkSuggestion {
  requireLinkModel(model);
  requireInput(
    agreements.length === model.fields.length &&
      agreements.every((agreement) => agreement === null || typeof agreement === "boolean"),
    "/agreements",
    "Give true, false or null for each field of the model.",
  );
  requireInput(
    rejectBelow >= 0 && rejectBelow <= linkFrom && linkFrom <= 1,
    "/options",
    "Give thresholds with 0 ≤ rejectBelow ≤ linkFrom ≤ 1.",
  );
  const evidence = model.fields.map((field, i) => {
    const agreement = agreements[i] as Agreement;
    const frequency = termFrequencies[i] ?? null;
    requireInput(
      frequency === null || (frequency > 0 && frequency <= 1),
      `/options/termFrequencies/${i}`,
      "Give a share above 0 and up to 1, or null.",
    );
    const adjustment =
      agreement === true && frequency !== null ? termFrequencyAdjustment(field.u, frequency) : 0;
    const weight = agreementWeight(field, agreement);
    return {
      name: field.name,
      weight: weight === null ? null : weight + adjustment,
      termFrequencyAdjustment: adjustment,
    };
  });
  const priorWeight = weightOfProbability(model.prior);
  const weight = evidence.reduce((sum, { weight: own }) => sum + (own ?? 0), priorWeight);
  const probability = probabilityOfWeight(weight);
  const isSilent = evidence.every(({ weight: own }) => own === null);
  const judged = probability >= linkFrom ? "link" : probability < rejectBelow ? "reject" : "review";
  return { probability, weight, priorWeight, evidence, suggestion: isSilent ? "no-evidence" : judged };
}
