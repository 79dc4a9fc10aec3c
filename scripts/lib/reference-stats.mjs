/*
 * How a case of a reference file (`{ meta, datasets, cases: [{ id, area, fn, input, expected, tol }] }`) is put to the public API. By `fn`, from its input to the form of its
 * expectation. `scripts/run-reference.mjs` and the tests of core/stats both use it.
 */

const letters = (factors, separator) => factors.map((factor) => "ABCDEFGHIJ"[factor]).join(separator);
const range = ({ lower, upper }) => [lower, upper];

/** @param {typeof import("@attune/core/stats")} stats */
export function statsFunctions(stats) {
  const difference = (kind) => (input) =>
    stats.credibleInterval(input.a, input.b, { level: input.level, prior: input.prior, difference: kind });

  const compareNig = (a, b, prior) => {
    const posteriorA = stats.normalInverseGammaPosterior(a, prior);
    const posteriorB = stats.normalInverseGammaPosterior(b, prior);
    const compared = stats.compareNormalInverseGamma(posteriorA, posteriorB);
    return {
      ...{ posteriorA, posteriorB },
      pBgtA: compared.probabilityToBeat.treatment,
      lossChooseA: compared.expectedLoss?.control ?? null,
      lossChooseB: compared.expectedLoss?.treatment ?? null,
      ci95Difference: range(compared.difference),
    };
  };

  const compareLogs = (a, b, prior) => {
    const { mean, median } = stats.compareLogNormal(a, b, prior);
    return {
      posteriorA: stats.normalInverseGammaPosterior(a, prior),
      posteriorB: stats.normalInverseGammaPosterior(b, prior),
      ...{ pMeanBgtA: mean.treatment, pMedianBgtA: median.treatment },
    };
  };

  const unadjusted = ({ n, postSum, postSumSquares }) => ({
    ...{ type: "mean", n },
    ...{ sum: postSum, sumSquares: postSumSquares },
  });
  const compareCuped = (control, treatment, kind) => {
    const { mean, sd, probabilityToBeat, ...interval } = stats.normalEffect(control, treatment, {
      difference: kind,
    });
    const plain = stats.effectOf(unadjusted(control), unadjusted(treatment), kind);
    return {
      theta: stats.cuped(control, treatment).theta,
      ...{ effect: mean, se: sd, chanceToWin: probabilityToBeat, ci95: range(interval) },
      ...{ unadjustedEffect: plain.value, unadjustedSe: plain.se },
      varianceReduction: 1 - (sd / plain.se) ** 2,
    };
  };

  const tested = ({ value, se, p, ...interval }) => ({ effect: value, se, p, ci: range(interval) });
  const testOptions = ({ difference_type, alpha, sequential_tuning_parameter: tightestAt }) => ({
    ...(difference_type && { difference: difference_type }),
    ...(alpha !== undefined && { level: 1 - alpha }),
    ...(tightestAt !== undefined && { tightestAt }),
  });

  return {
    lgamma: ({ x }) => stats.logGamma(x),
    lbeta: ({ a, b }) => stats.logBeta(a, b),
    normCdf: ({ x }) => stats.normalCdf(x),
    normPpf: ({ p }) => stats.normalQuantile(p),
    studentTCdf: ({ t, df }) => stats.studentTCdf(t, df),
    chi2Sf: ({ x, df }) => stats.chiSquaredSf(x, df),
    kolmogorovSf: ({ x }) => stats.kolmogorovSf(x),
    betaCdf: ({ x, alpha, beta }) => stats.betaCdf(x, alpha, beta),
    betaQuantile: ({ p, alpha, beta }) => stats.betaQuantile(p, alpha, beta),
    probBBeatsA({ a, b, prior }) {
      const { control, treatment } = stats.probabilityToBeat(a, b, prior);
      // Of a probability next to 1 its own complement says more than its digits do.
      const log10 = (own, other) => (own > 0.5 ? Math.log1p(-other) / Math.LN10 : Math.log10(own));
      return {
        ...{ pBgtA: treatment, pAgtB: control },
        ...{ log10_pAgtB: log10(control, treatment), log10_pBgtA: log10(treatment, control) },
      };
    },
    probBBeatsAPoisson({ a, b, prior }) {
      const { control, treatment } = stats.compareEventRates(a, b, prior).probabilityToBeat;
      return { pBgtA: treatment, pAgtB: control };
    },
    expectedLoss({ a, b, prior }) {
      const { control, treatment } = stats.expectedLoss(a, b, prior);
      return { lossChooseA: control, lossChooseB: treatment };
    },
    credibleIntervalDifference: difference("absolute"),
    credibleIntervalRelativeUplift: difference("relative"),
    probabilityToBeBest({ arms, prior }) {
      const { best, secondBest, expectedLoss, topTwoWeights } = stats.probabilityToBeBest(arms, prior);
      return {
        ...{ probBest: best, probSecondBest: secondBest, expectedLoss, topTwoWeights },
        "topTwoWeightsFloor0.01": stats.withFloor(topTwoWeights, 0.01),
      };
    },
    probabilityToBeBestGaussian({ means, sds, lowerIsBetter }) {
      const arms = means.map((mean, i) => ({ mean, sd: sds[i] }));
      return { probBest: stats.probabilityToBeBestMean(arms, { lowerIsBetter }).best };
    },
    bayesianGaussianEffect({ control, treatment, config }) {
      const { prior_effect: prior } = config;
      const { mean, sd, probabilityToBeat, expectedLoss, ...interval } = stats.normalEffect(
        control,
        treatment,
        {
          ...testOptions(config),
          ...(prior?.proper && { prior }),
        },
      );
      return {
        ...{ chanceToWin: probabilityToBeat, expected: mean, sd, ci: range(interval) },
        risk: [expectedLoss.control, expectedLoss.treatment],
      };
    },
    gaussianRisk({ mean, sd }) {
      const { control, treatment } = stats.normalLoss(mean, sd);
      return { riskControl: control, riskTreatment: treatment };
    },
    nigCompare: ({ a, b, prior }) => compareNig(stats.sampleOf(a), stats.sampleOf(b), prior),
    nigCompareSummary: ({ a, b, prior }) => compareNig(a, b, prior),
    revenuePerVisitorGammaExp({ a, b, prior: { alpha, beta, gammaShape, gammaRate } }) {
      const prior = { rate: { alpha, beta }, perOrder: { shape: gammaShape, rate: gammaRate } };
      const { probabilityToBeat, expectedLoss, mean } = stats.compareRevenue(a, b, prior);
      return {
        pBgtA: probabilityToBeat.treatment,
        ...{ lossChooseA: expectedLoss.control, lossChooseB: expectedLoss.treatment },
        ...{ meanA: mean.control, meanB: mean.treatment },
      };
    },
    averageOrderValueGammaExp({ a, b, prior: { gammaShape, gammaRate } }) {
      const { probabilityToBeat, mean } = stats.compareOrderValues(a, b, {
        shape: gammaShape,
        rate: gammaRate,
      });
      return { pBgtA: probabilityToBeat.treatment, meanA: mean.control, meanB: mean.treatment };
    },
    logNormalCompare: ({ logA, logB, prior }) =>
      compareLogs(stats.sampleOf(logA), stats.sampleOf(logB), prior),
    logNormalCompareSummary({ a, b, prior }) {
      const logs = ({ n, logMean: mean, logVar: variance }) => stats.sampleOfLogs({ n, mean, variance });
      return compareLogs(logs(a), logs(b), prior);
    },
    srmChiSquare({ users, weights }) {
      const { chiSquared, df, p, mismatch } = stats.sampleRatioMismatch(users, weights);
      return { chi2: chiSquared, df, p, "flag0.001": mismatch };
    },
    srmSequential({ daily, weights, dirichletConcentration, slabWeight, slabConcentration }) {
      const options = { concentration: dirichletConcentration, slab: slabWeight, slabConcentration };
      const looks = stats.sequentialSampleRatio(daily, weights, options);
      return { logBayesFactor: looks.map((look) => look.logBayesFactor), pValues: looks.map(({ p }) => p) };
    },
    cuped({ control, treatment, difference: kind }) {
      const summed = ({ pre, post }) => stats.cupedSummary(pre, post);
      return compareCuped(summed(control), summed(treatment), kind);
    },
    cupedSummary({ control, treatment, difference: kind }) {
      return compareCuped({ type: "cuped", ...control }, { type: "cuped", ...treatment }, kind);
    },
    ratioMetricEffect({ control, treatment, difference: kind }) {
      const [a, b] = [
        { type: "ratio", ...control },
        { type: "ratio", ...treatment },
      ];
      const { mean, sd, probabilityToBeat, ...interval } = stats.normalEffect(a, b, { difference: kind });
      return {
        ...{ ratioControl: stats.momentsOf(a).mean, ratioTreatment: stats.momentsOf(b).mean },
        ...{ varControl: stats.momentsOf(a).variance, varTreatment: stats.momentsOf(b).variance },
        ...{ effect: mean, se: sd, chanceToWin: probabilityToBeat, ci95: range(interval) },
      };
    },
    welchTest: ({ control, treatment, config }) =>
      tested(stats.welchTest(control, treatment, testOptions(config))),
    sequentialTest: ({ control, treatment, config }) =>
      tested(stats.alwaysValidTest(control, treatment, testOptions(config))),
    mSPRT({ effect, se, tau, alpha }) {
      const { logLikelihoodRatio, p, halfWidth } = stats.mixtureTest(effect, se, { tau, level: 1 - alpha });
      return { logLambda: logLikelihoodRatio, p, halfWidth };
    },
    sampleSizeTwoProportions({ baseline, relativeMde, alpha, power }) {
      const size = stats.sampleSize({ baseline, relativeUplift: relativeMde, alpha, power });
      return { nPerArmPooled: size.perVariant, nPerArmUnpooled: size.perVariantUnpooled };
    },
    factorialEffects: ({ cells }) =>
      Object.fromEntries(
        stats.factorialEffects(cells).map((effect) => [letters(effect.factors, "x"), effect]),
      ),
    fractionalFactorialEffects({ design, y }) {
      const { basic, generators } = designOf(design);
      const effects = stats.fractionalFactorialEffects({ basic, generators }, y);
      return {
        effects: Object.fromEntries(effects.map(({ factors, effect }) => [letters(factors, ""), effect])),
        aliases: Object.fromEntries(
          effects.map(({ factors, aliases }) => [
            letters(factors, ""),
            aliases.map((alias) => letters(alias, "")).join(),
          ]),
        ),
      };
    },
    normalHierarchicalGivenTau({ y, se, tau }) {
      const { mean, meanSd, values, sds } = stats.shrinkTowardsMean({ values: y, errors: se }, tau);
      return { mu: mean, muSd: meanSd, theta: values, thetaSd: sds };
    },
    empiricalBayesDerSimonianLaird({ y, se }) {
      const groups = stats.empiricalBayesGroups({ values: y, errors: se });
      const { betweenVariance, heterogeneity, mean, meanSd, values } = groups;
      return { tau2: betweenVariance, Q: heterogeneity, mu: mean, muSd: meanSd, theta: values };
    },
    normalHierarchicalFullBayes({ y, se }) {
      const { mean, values } = stats.fullBayesGroups({ values: y, errors: se });
      return { mu: mean, theta: values };
    },
  };
}

/** @param {typeof import("@attune/core/bandits")} bandits */
export function banditFunctions(bandits) {
  const linearArm = ({ X, rewards, lambda }) =>
    X.reduce(
      (arm, context, i) => bandits.updateLinearArm(arm, context, rewards[i]),
      bandits.newLinearArm(X[0].length, lambda),
    );
  return {
    linUcbScore({ alpha, context, ...data }) {
      const arm = linearArm(data);
      const { mean, width, bound } = bandits.linUcb(arm, context, alpha);
      return { theta: arm.theta, covariance: arm.covariance, mean, width, ucb: bound };
    },
    linUpdateShermanMorrison({ previousX, previousRewards, lambda, newX, newReward }) {
      const before = linearArm({ X: previousX, rewards: previousRewards, lambda });
      const { covariance, theta } = bandits.updateLinearArm(before, newX, newReward);
      return { covariance, theta };
    },
    logisticLaplace({ X, y, lambda, context }) {
      const model = bandits.fitLogistic({ contexts: X, outcomes: y }, lambda);
      const { mean, variance, probability } = bandits.predictLogistic(model, context);
      return {
        ...{ map: model.weights, covariance: model.covariance, linearMean: mean, linearVar: variance },
        probMeanExact: probability,
        probMeanMacKay: bandits.probabilityOfMacKay({ mean, variance }),
      };
    },
    laiRobbinsConstant({ means }) {
      const { constant, divergences } = bandits.laiRobbinsConstant(means);
      return { constant, klTerms: divergences };
    },
    klUcbIndex: ({ successes, pulls, t }) => ({ index: bandits.klUcbIndex({ successes, pulls, time: t }) }),
    discountedThompson({ gamma, events, prior }) {
      const count = Math.max(...events.map(({ arm }) => arm)) + 1;
      const arms = events.reduce(
        (known, { arm, reward }) =>
          bandits.updateArms(bandits.discounted(known, gamma, prior), [
            { arm, successes: reward, trials: 1 },
          ]),
        bandits.newArms(count, prior),
      );
      return {
        alpha: arms.map(({ alpha }) => alpha),
        beta: arms.map(({ beta }) => beta),
        probArm1Best: bandits.thompson(arms, { floor: 0 })[1],
      };
    },
    slidingWindowThompson({ window, events }) {
      const count = Math.max(...events.map(({ arm }) => arm)) + 1;
      const arms = bandits.slidingWindow(count, events, window);
      return { alpha: arms.map(({ alpha }) => alpha), beta: arms.map(({ beta }) => beta) };
    },
    offPolicyEstimators(input) {
      const log = input.reward.map((reward, i) => ({
        ...{ reward, propensity: input.pscore[i], target: input.evalProbOfLoggedAction[i] },
        expected: { logged: input.qLoggedAction[i], target: input.qUnderEvalPolicy[i] },
      }));
      const by = (estimator) =>
        bandits.estimatePolicy(log, { estimator, clip: input.tau, shrinkage: input.drOsLambda });
      const {
        value: ips,
        standardError: ipsSe,
        effectiveSampleSize: essKish,
        meanWeight,
        maxWeight,
      } = by("ips");
      const { value: dr, standardError: drSe } = by("dr");
      return {
        ...{ ips, ipsSe, essKish, meanWeight, maxWeight, dr, drSe },
        ...{ snips: by("snips").value, dm: by("dm").value, sndr: by("sndr").value },
        ...{
          switchDr: by("switch-dr").value,
          drOs: by("dr-shrinkage").value,
          clippedIps: by("clipped-ips").value,
        },
      };
    },
  };
}

/** `2^(4-1), D=ABC` and the like. */
function designOf(text) {
  const [, factors, made] = /2\^\((\d+)-(\d+)\)/.exec(text);
  const generators = [...text.matchAll(/[A-J]=([A-J]+)/g)].map(([, product]) =>
    [...product].map((letter) => letter.charCodeAt(0) - 65),
  );
  return { basic: Number(factors) - Number(made), generators };
}

/** A number that is expected as an exact fraction (`"5/6"`, beside its decimals) is compared as the number it is. */
const numberOf = (expected, got) => {
  if (typeof expected !== "string" || typeof got !== "number") return expected;
  const [, above, below = 1] = /^(-?\d+)(?:\/(\d+))?$/.exec(expected) ?? [];
  return above === undefined ? expected : above / below;
};

/** Where a result differs from what is expected by more than the tolerance: the paths, with both values; none where all is well. */
export function differences(got, wanted, tol, path = "") {
  const expected = numberOf(wanted, got);
  if (typeof expected === "object" && expected !== null) {
    return Object.keys(expected).flatMap((key) =>
      differences(got?.[key], expected[key], tol, `${path}/${key}`),
    );
  }
  const same =
    typeof expected === "number"
      ? Math.abs(got - expected) <= (tol?.abs ?? 0) + (tol?.rel ?? 0) * Math.abs(expected)
      : expected === null
        ? got === null || got === Number.POSITIVE_INFINITY || got === Number.NEGATIVE_INFINITY
        : got === expected;
  return same ? [] : [{ path, got, expected }];
}
