/*
 * How a case of a reference file is put to `@attune/ml/training`, by `fn`, from its input to the form of its expectation; see reference-stats.mjs.
 */

const metadata = (inputs) => ({
  ...{ name: "reference", featuresVersion: null, purposes: [], label: "reference", trainedOn: null },
  ...{ features: Array.from({ length: inputs }, (_, j) => `x${j}`), outputs: ["probability"] },
});

/** The middle of the two values that a float32 threshold stands between, in full. */
function middleAt(column, threshold) {
  const low = Math.max(...column.filter((value) => Math.fround(value) <= threshold));
  const high = Math.min(...column.filter((value) => Math.fround(value) > threshold));
  return (low + high) / 2;
}

/** @param {typeof import("@attune/ml/training")} training */
export function trainingFunctions(training) {
  return {
    logisticRegression({ X, y, weights, l2 }) {
      const { trained, report } = training.trainLogistic(X, y, {
        ...{ metadata: metadata(X[0].length), l2, standardize: false },
        ...(weights && { weights }),
      });
      const size = X[0].length + 1;
      const covariance = report.covariance && [...report.covariance];
      return {
        intercept: trained.model.intercepts[0],
        coef: [...trained.model.weights],
        se: report.standardErrors && [...report.standardErrors],
        logLik: report.logLikelihood,
        covariance:
          covariance && Array.from({ length: size }, (_, i) => covariance.slice(i * size, (i + 1) * size)),
      };
    },
    probabilityMetrics({ p, y, bins = 10 }) {
      const { ece, mce, brier, logLoss, auc, averagePrecision } = training.metrics(p, y, { bins });
      return {
        ...{ [`ece${bins}`]: ece, [`mce${bins}`]: mce, brier: brier.value, logLoss: logLoss.value },
        ...{ auc: auc && auc.value, averagePrecision },
      };
    },
    isotonic: ({ x, y, weights }) => ({
      fitted: [...training.isotonicRegression(x, y, weights ?? undefined)],
    }),
    plattScaling(input) {
      const logOdds = Float64Array.from(input.scores ?? input.f ?? input.x ?? input.decision);
      const { slope, intercept } = training.fitCalibration(logOdds, input.y ?? input.labels, {
        method: "platt",
      });
      const probabilities = Array.from(logOdds, (f) => 1 / (1 + Math.exp(-(slope * f + intercept))));
      return {
        // Platt's own signs: P = 1 ÷ (1 + exp(A f + B)).
        ...{ A: -slope, B: -intercept, a: -slope, b: -intercept, slope, intercept },
        ...{ p: probabilities, probabilities, calibrated: probabilities, fitted: probabilities },
      };
    },
    boostedStumpsLogistic({ X, y, lambda, learningRate, rounds }) {
      const { trained, report } = training.trainGradientBoosting(X, y, {
        ...{ metadata: metadata(X[0].length), rounds, learningRate, earlyStopping: false },
        tree: { leaves: 2, depth: 1, l2: lambda, minChildWeight: 0, minRows: 1 },
        sampling: { rows: 1, columns: 1 },
      });
      const { base, trees } = trained.model;
      const stumps = trees.map(({ feature, threshold, left, right, value }, i) => ({
        ...{ gain: report.gains[i][0], feature: feature[0] },
        threshold: middleAt(
          X.map((row) => row[feature[0]]),
          threshold[0],
        ),
        ...{ left: value[left[0]], right: value[right[0]] },
      }));
      const { base: known, values } = training.contributions(trained.model, Float64Array.from(X.flat()));
      const scores = X.map((row, i) => row.reduce((sum, _, j) => sum + values[i * row.length + j], known[0]));
      return { initScore: base, trees: stumps, rawScores: scores };
    },
  };
}
