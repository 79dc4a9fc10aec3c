import { requireInput, requireNumber } from "../require-input.js";
import { requireLinkModel } from "./match-weight.js";
import type { Agreement, LinkModel } from "./types.js";

/** Pairs of records that agree in the same fields, and how many there are. */
export interface AgreementPattern {
  readonly agreements: readonly Agreement[];
  readonly count: number;
}

export interface EstimateLinksOptions {
  /** At most so many rounds (default 500). */
  readonly iterations?: number;
  /** Done where no parameter moves by more (default 1e-9); 0: go through all rounds. */
  readonly tolerance?: number;
}

export interface EstimatedLinks {
  readonly model: LinkModel;
  /** Natural logarithm of the likelihood with which the last round began; it never falls from one round to the next. */
  readonly logLikelihood: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Estimates stay inside (0, 1), so that no agreement becomes proof by itself. */
const LEAST = 1e-12;
const inside = (value: number): number => Math.min(1 - LEAST, Math.max(LEAST, value));

interface Round {
  readonly model: LinkModel;
  readonly logLikelihood: number;
}

function likelihoods({ fields }: LinkModel, agreements: readonly Agreement[]): { one: number; two: number } {
  let one = 1;
  let two = 1;
  fields.forEach(({ m, u }, i) => {
    const agreement = agreements[i];
    if (agreement === null || agreement === undefined) return;
    one *= agreement ? m : 1 - m;
    two *= agreement ? u : 1 - u;
  });
  return { one, two };
}

/** Expectation, then maximisation. */
function round(model: LinkModel, patterns: readonly AgreementPattern[]): Round {
  const { fields, prior } = model;
  const sums = fields.map(() => ({ oneAgrees: 0, one: 0, twoAgree: 0, two: 0 }));
  let logLikelihood = 0;
  let ones = 0;
  let all = 0;
  for (const { agreements, count } of patterns) {
    if (count === 0) continue;
    const { one, two } = likelihoods(model, agreements);
    const both = prior * one + (1 - prior) * two;
    const share = (prior * one) / both;
    logLikelihood += count * Math.log(both);
    ones += count * share;
    all += count;
    sums.forEach((sum, i) => {
      const agreement = agreements[i];
      if (agreement === null || agreement === undefined) return;
      sum.one += count * share;
      sum.two += count * (1 - share);
      if (!agreement) return;
      sum.oneAgrees += count * share;
      sum.twoAgree += count * (1 - share);
    });
  }
  return {
    logLikelihood,
    model: {
      prior: inside(ones / all),
      fields: fields.map((field, i) => {
        const { oneAgrees, one, twoAgree, two } = sums[i] as (typeof sums)[number];
        // A field that nobody has a value of tells nothing of itself.
        return {
          name: field.name,
          m: one > 0 ? inside(oneAgrees / one) : field.m,
          u: two > 0 ? inside(twoAgree / two) : field.u,
        };
      }),
    },
  };
}

const moved = (a: LinkModel, b: LinkModel): number =>
  Math.max(
    Math.abs(a.prior - b.prior),
    ...a.fields.flatMap(({ m, u }, i) => [
      Math.abs(m - (b.fields[i]?.m ?? m)),
      Math.abs(u - (b.fields[i]?.u ?? u)),
    ]),
  );

/**
 * Learns m, u and the prior from pairs of which nobody knows whether they are of one person, by expectation-maximisation (Dempster, Laird and Rubin 1977; Winkler 1988),
 * taking fields as independent given that. Missing values leave their field out. It needs three fields or more to tell the two kinds of pairs apart, and `start` decides
 * which kind is which: give m above u. O(iterations × patterns × fields).
 *
 * @throws AttuneError `ATTUNE_ML_INPUT`; `/patterns` where there is not a single comparison
 */
export function estimateLinks(
  patterns: readonly AgreementPattern[],
  start: LinkModel,
  { iterations = 500, tolerance = 1e-9 }: EstimateLinksOptions = {},
): EstimatedLinks {
  requireLinkModel(start, "/start");
  requireInput(
    Number.isInteger(iterations) && iterations >= 1,
    "/options/iterations",
    "Give an integer of 1 or more.",
  );
  requireNumber(tolerance, 0, "/options/tolerance");
  patterns.forEach(({ agreements, count }, i) => {
    requireInput(
      agreements.length === start.fields.length &&
        agreements.every((agreement) => agreement === null || typeof agreement === "boolean"),
      `/patterns/${i}/agreements`,
      "Give true, false or null for each field.",
    );
    requireNumber(count, 0, `/patterns/${i}/count`);
  });
  const isCompared = patterns.some(
    ({ agreements, count }) => count > 0 && agreements.some((one) => one !== null),
  );
  requireInput(isCompared, "/patterns", "Give at least one pair with a value to compare on both sides.");
  let model = start;
  for (let i = 1; ; i++) {
    const next = round(model, patterns);
    const isStill = moved(model, next.model) <= tolerance && tolerance > 0;
    model = next.model;
    if (isStill || i === iterations) {
      return { model, logLikelihood: next.logLikelihood, iterations: i, converged: isStill };
    }
  }
}
