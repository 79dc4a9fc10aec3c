/** Whether two records agree in one field; null where one of them has no value. */
export type Agreement = boolean | null;

/** How telling a field is. */
export interface FieldModel {
  readonly name: string;
  /** Probability that records of one person agree in it, in (0, 1). */
  readonly m: number;
  /** Probability that records of two different people agree in it by chance, in (0, 1). */
  readonly u: number;
}

export interface LinkModel {
  readonly fields: readonly FieldModel[];
  /** Probability that two records taken at random from those compared are of one person, in (0, 1). */
  readonly prior: number;
}

export interface FieldEvidence {
  readonly name: string;
  /** log₂ of how much more probable it is for one person than for two; 0: says nothing; null: a value is missing. */
  readonly weight: number | null;
  /** What of the weight comes from how common the value is; 0 where that is not known or it differs. */
  readonly termFrequencyAdjustment: number;
}

/** A suggestion to people or to a rule of the host: nothing is ever linked by it. */
export interface LinkSuggestion {
  readonly probability: number;
  /** In bits: prior and evidence together. */
  readonly weight: number;
  readonly priorWeight: number;
  /** What speaks for and against it, field by field. */
  readonly evidence: readonly FieldEvidence[];
  /** `link` and `reject` beyond the thresholds, `review` between them; `no-evidence` where every value is missing. */
  readonly suggestion: "link" | "review" | "reject" | "no-evidence";
}

export interface LinkOptions {
  /** From this probability on a link is suggested (default 0.99). */
  readonly linkFrom?: number;
  /** Below this probability the answer is to reject (default 0.5). */
  readonly rejectBelow?: number;
  /** Per field: what share of records has the value that both agree in, in (0, 1]; null or left out where that is not known. A rare value says more than a common one. */
  readonly termFrequencies?: readonly (number | null)[];
}
