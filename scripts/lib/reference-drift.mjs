/*
 * How a case about drift of a reference file is put to the public API, by `fn`, from its input to the form of its expectation; as `reference-stats.mjs` does for statistics.
 */

/** @param {typeof import("@attune/ml/monitoring")} monitoring */
export function driftFunctions(monitoring) {
  const pValue = ({ a, b }, method) => monitoring.kolmogorovSmirnov(a, b, { method }).pValue;
  const compared = ({ reference, current, zeroReplacement }) =>
    monitoring.compareCounts(reference, current, { zeroShare: zeroReplacement });
  return {
    psi(input) {
      const { psi, level, kullbackLeibler, jensenShannonDistance, chiSquared, pValue } = compared(input);
      return {
        ...{ psi, level, klCurrentFromReference: kullbackLeibler },
        ...{ jensenShannonDistanceBase2: jensenShannonDistance, chi2: chiSquared, chi2p: pValue },
      };
    },
    psiZeroBins: (input) => ({ psi: compared(input).psi }),
    ksTwoSample: (input) => ({
      d: monitoring.kolmogorovSmirnov(input.a, input.b).d,
      pExact: pValue(input, "exact"),
      pAsymptotic: pValue(input, "one-sample"),
      pKolmogorovLimit: pValue(input, "limit"),
      wasserstein: monitoring.wassersteinDistance(input.a, input.b),
    }),
  };
}
