/*
 * How a case about clusters of a reference file is put to the public API, by `fn`, from its input to the form of its expectation; as `reference-stats.mjs` does
 * for statistics. Inputs name their points by `dataset`.
 */

const rowsOf = (values, columns) =>
  Array.from({ length: values.length / columns }, (_, i) => [
    ...values.slice(i * columns, (i + 1) * columns),
  ]);

/** Labels named as in an expectation, where they part the rows in the same way; else as they are. */
export function namedAs(labels, expected) {
  const names = new Map();
  const back = new Map();
  for (let i = 0; i < labels.length; i++) {
    const [own, other] = [labels[i], expected[i]];
    if ((own < 0 || other < 0) && own !== other) return [...labels];
    if ((names.get(own) ?? other) !== other || (back.get(other) ?? own) !== own) return [...labels];
    names.set(own, other);
    back.set(other, own);
  }
  return Array.from(labels, (label) => names.get(label));
}

/** Whether an order is one of OPTICS: each row that comes next is reached no farther than any other, up to what rounding makes of equals. */
export function isOrderOf(points, coreDistances, ordering) {
  const reach = points.map(() => Infinity);
  const left = new Set(points.keys());
  for (const row of ordering) {
    const least = Math.min(...[...left].map((other) => reach[other]));
    if (reach[row] > least && !(reach[row] - least < 1e-12)) return false;
    left.delete(row);
    for (const other of left) {
      const distance = Math.hypot(...points[row].map((value, c) => value - points[other][c]));
      reach[other] = Math.min(reach[other], Math.max(distance, coreDistances[row]));
    }
  }
  return left.size === 0;
}

/**
 * @param {typeof import("@attune/ml/clustering")} ml
 * @param {Record<string, { X: number[][] }>} datasets Those of the reference file.
 */
export function clusteringFunctions(ml, datasets) {
  const pointsOf = ({ dataset, X, points }) => X ?? (dataset === undefined ? points : datasets[dataset].X);
  // In the reference noise is a cluster like any other where quality is measured.
  const withNoise = (labels) => {
    const next = Math.max(...labels) + 1;
    return labels.map((label) => (label < 0 ? next : label));
  };
  return {
    kMeansLloyd(input) {
      const { init } = input;
      const found = ml.kmeans(pointsOf(input), {
        ...{ k: init.length, init, tolerance: 0 },
        ...(input.maxIterations && { maxIterations: input.maxIterations }),
      });
      return {
        ...{ inertia: found.inertia, labels: [...found.labels], iterations: found.iterations },
        centroids: rowsOf(found.centroids, found.columns),
      };
    },
    assign({ centroids, points, maxDistance }) {
      const model = ml.centroidModel(Float64Array.from(centroids.flat()), centroids[0].length);
      const { labels, distances } = ml.assign(
        model,
        points,
        maxDistance === undefined ? {} : { maxDistance },
      );
      return { labels: [...labels], distances: [...distances] };
    },
    internalIndices(input) {
      const points = pointsOf(input);
      const labels = withNoise(input.labels);
      return {
        silhouette: ml.silhouette(points, labels, { sample: Infinity }),
        calinskiHarabasz: ml.calinskiHarabasz(points, labels),
        daviesBouldin: ml.daviesBouldin(points, labels),
        withinSS: ml.withinSumOfSquares(points, labels),
      };
    },
    silhouetteSamples(input) {
      const values = [...ml.silhouetteSamples(pointsOf(input), withNoise(input.labels))];
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return Object.assign([...values], {
        values,
        samples: values,
        silhouettes: values,
        silhouette: values,
        mean,
      });
    },
    clusterAgreement: ({ a, b }) => ({
      ari: ml.adjustedRandIndex(a, b),
      nmi: ml.normalizedMutualInformation(a, b),
      ami: ml.adjustedMutualInformation(a, b),
      fowlkesMallows: ml.fowlkesMallows(a, b),
      vMeasure: ml.normalizedMutualInformation(a, b),
    }),
    dbscan(input) {
      const { eps, minSamples } = input;
      const found = ml.dbscan(pointsOf(input), { eps, minSamples });
      return {
        ...{ labels: [...found.labels], coreIndices: [...found.core] },
        ...{ nClusters: found.clusters, nNoise: found.noise },
      };
    },
    optics(input, expected) {
      const { minSamples, maxEps } = input;
      const options = { minSamples, ...(maxEps && { maxEps }) };
      const points = pointsOf(input);
      let found = ml.optics(points, options);
      if (expected?.ordering && isOrderOf(points, found.coreDistances, expected.ordering)) {
        found = ml.optics(points, { ...options, ordering: expected.ordering });
      }
      return {
        ordering: [...found.ordering],
        reachability: [...found.reachability],
        coreDistances: [...found.coreDistances],
      };
    },
    hdbscan(input, expected) {
      const { minClusterSize, minSamples } = input;
      const found = ml.hdbscan(pointsOf(input), { minClusterSize, ...(minSamples && { minSamples }) });
      const labels =
        expected?.labels === undefined ? [...found.labels] : namedAs(found.labels, expected.labels);
      return { labels, probabilities: [...found.probabilities] };
    },
    linkage(input, expected) {
      const { sizes, labels, dendrogram } = ml.hierarchical(pointsOf(input), { linkage: input.method, k: 3 });
      const heights = [...dendrogram.height];
      return {
        ...{
          heights,
          last5: heights.slice(-5),
          sumHeights: heights.reduce((sum, height) => sum + height, 0),
        },
        labelsK3: expected?.labelsK3 === undefined ? [...labels] : namedAs(labels, expected.labelsK3),
        sizesK3: [...sizes].sort((a, b) => a - b),
      };
    },
  };
}
