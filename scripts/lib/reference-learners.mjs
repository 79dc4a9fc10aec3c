/*
 * How a case of a reference file is put to the learners and change detectors of @attune/ml, by `fn`, from its input to the form of its expectation. `scripts/run-reference.mjs`
 * and the tests beside the code both use it.
 */

const conversionsOf = (channels) =>
  Object.fromEntries(channels.map(({ channel, conversions }) => [channel, conversions]));

/** Numbers as they are, or the name of a data set of the file whose digits are one value each. */
function streamOf(stream, datasets) {
  if (Array.isArray(stream)) return stream;
  const { digits, values, X } = datasets[stream] ?? {};
  return digits === undefined ? (values ?? X) : [...digits].map(Number);
}

/** The action that something came after most often, which is meant where a case names none. */
function mostFollowed(sequences) {
  const counts = new Map();
  for (const action of sequences.flatMap((sequence) => sequence.slice(0, -1))) {
    counts.set(action, (counts.get(action) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0];
}

/** A coalition as one text: players' names without anything between them. */
const playersOf = (v) => [
  ...Object.keys(v).reduce((longest, key) => (key.length > longest.length ? key : longest), ""),
];

/**
 * @param {typeof import("@attune/ml")} ml
 * @param {Record<string, { digits?: string }>} [datasets] Those of the file.
 */
export function learnerFunctions(ml, datasets = {}) {
  return {
    markovRemovalEffect({ paths, order }) {
      const { channels, baseConversionProbability, totalConversions } = ml.attribution(paths, {
        ...{ model: "markov", order },
      });
      const removalEffect = Object.fromEntries(
        channels.map(({ channel, removalEffect: effect }) => [channel, effect]),
      );
      return {
        ...{
          baseConversionProbability,
          totalConversions,
          attribution: conversionsOf(channels),
          removalEffect,
        },
        // The same as fractions.
        ...{ exactBase: baseConversionProbability, exactRemovalEffect: removalEffect },
      };
    },
    shapleyConversions({ paths }) {
      const values = conversionsOf(ml.attribution(paths, { model: "shapley" }).channels);
      return { values, exact: values };
    },
    shapleyConversionRate: ({ paths }) => ({ values: Object.fromEntries(ml.shapleyOfRates(paths)) }),
    shapleyGame({ v, players = playersOf(v) }) {
      return {
        values: Object.fromEntries(ml.shapleyValues(players, (coalition) => v[coalition.join("")] ?? 0)),
      };
    },
    matchWeight({ lambda, comparisons }) {
      const fields = comparisons.map(({ m, u }, i) => ({ name: `field-${i}`, m, u }));
      const found = ml.linkProbability(
        { fields, prior: lambda },
        comparisons.map(({ agree }) => agree),
      );
      return {
        ...{ priorWeight: found.priorWeight, totalWeight: found.weight, matchProbability: found.probability },
        weights: found.evidence.map(({ weight }) => weight),
      };
    },
    waterfall({ priorWeight, weights }) {
      const totalWeight = weights.reduce((sum, weight) => sum + (weight ?? 0), priorWeight);
      return { totalWeight, matchProbability: ml.probabilityOfWeight(totalWeight) };
    },
    termFrequencyAdjustedWeight({ m, u, termFrequency }) {
      const model = { fields: [{ name: "field", m, u }], prior: 0.5 };
      const [evidence] = ml.linkProbability(model, [true], { termFrequencies: [termFrequency] }).evidence;
      return {
        baseWeight: ml.agreementWeight({ m, u }, true),
        tfAdjustment: evidence.termFrequencyAdjustment,
        weight: evidence.weight,
      };
    },
    em({ patterns, m0, u0, lambda0, iterations }) {
      const { model, logLikelihood } = ml.estimateLinks(
        patterns.map(({ agree, count }) => ({
          ...{ count, agreements: agree.map((one) => (one === null ? null : Boolean(one))) },
        })),
        { fields: m0.map((m, i) => ({ name: `field-${i}`, m, u: u0[i] })), prior: lambda0 },
        { iterations, tolerance: 0 },
      );
      return {
        ...{ m: model.fields.map(({ m }) => m), u: model.fields.map(({ u }) => u), lambda: model.prior },
        logLikAtStartOfLastIteration: logLikelihood,
      };
    },
    wittenBellBlend({ sequences, order, history }) {
      const model = ml.nextAction({ order, blend: "witten-bell" });
      for (const sequence of sequences) model.learn(sequence);
      const all = model.distribution(history);
      const probabilities = all.map(({ probability }) => probability);
      return { alphabet: all.map(({ action }) => action), probabilities, exact: probabilities };
    },
    markovTransition({ sequences, smoothing, from = mostFollowed(sequences) }) {
      return { from, ...ml.markovTransitions(sequences, from, { smoothing }) };
    },
    pageHinkley({ stream, ...options }) {
      const detector = ml.pageHinkley(options);
      const detections = [];
      const sums = {};
      streamOf(stream, datasets).forEach((value, i) => {
        if (detector.add(value)) detections.push(i);
        sums[`sumAt${i}`] = detector.state.sum;
      });
      return { detections, ...sums };
    },
    adwin({ stream, ...options }) {
      const detector = ml.adwin(options);
      const detections = streamOf(stream, datasets).flatMap((value, i) => (detector.add(value) ? [i] : []));
      return { detections, finalWidth: detector.width, finalMean: detector.mean };
    },
  };
}
