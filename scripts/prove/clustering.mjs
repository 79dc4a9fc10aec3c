import { fileURLToPath } from "node:url";
import { labelledSets } from "../lib/labelled-points.mjs";
import { plantedVisitors } from "../lib/planted-visitors.mjs";

const SHARED = process.env.ATTUNE_SHARED ?? fileURLToPath(new URL("../../../shared", import.meta.url));
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean agreement the automatic choice must reach with classes it never saw. */
const AGREEMENT = 0.8;
/** How surely planted segments are recovered, and how alike refits are. */
const PLANTED = 0.9;

/** @param {() => Promise<{ ml: object, core: object }>} load The built packages. */
const onSets = (load) => ({
  name: "clustering sets: agreement of the automatic choice with the classes of labelled sets",
  async run(tell) {
    const sets = labelledSets(`${SHARED}/data/clustering`);
    if (sets.length === 0) return { left: `there are no labelled sets in ${SHARED}/data/clustering` };
    const { ml } = await load();
    const figures = sets.map(({ name, points, labels, classes }) => {
      const started = performance.now();
      const found = ml.autoCluster(points);
      const agreement = ml.adjustedRandIndex(found.labels, labels);
      const seconds = (performance.now() - started) / 1000;
      const trueK = ml.adjustedRandIndex(
        ml.kmeans(ml.applyScaling(...zScored(ml, points)).data, { columns: points[0].length, k: classes })
          .labels,
        labels,
      );
      tell(
        `${name.padEnd(14)} ${points.length} rows, ${classes} classes: ${agreement.toFixed(3)} by ${found.algorithm} with ${found.clusters} clusters (K-means with the true k ${trueK.toFixed(3)}), ${seconds.toFixed(1)} s`,
      );
      return {
        name,
        rows: points.length,
        classes,
        agreement,
        trueK,
        algorithm: found.algorithm,
        clusters: found.clusters,
        seconds,
      };
    });
    const whole = mean(figures.map(({ agreement }) => agreement));
    return {
      ...(whole < AGREEMENT && {
        problem: `mean adjusted Rand index ${whole.toFixed(3)}, below ${AGREEMENT}`,
      }),
      summary: `mean adjusted Rand index ${whole.toFixed(3)} over ${figures.length} sets (K-means with the true k ${mean(figures.map(({ trueK }) => trueK)).toFixed(3)})`,
      figures,
    };
  },
});

function zScored(ml, points) {
  const columns = points[0].length;
  const data = Float64Array.from(points.flat());
  return [{ data, rows: points.length, columns }, ml.scalingOf(points, { method: "z-score" })];
}

const onVisitors = (load, { days, visitors }) => ({
  name: `clustering visitors: planted segments recovered and kept over ${days} days of ${visitors.toLocaleString("en")} visitors`,
  async run(tell) {
    const { ml, core } = await load();
    const random = core.seededRandom(11);
    const recovered = [];
    const kept = [];
    let before = null;
    for (let day = 0; day < days; day++) {
      const { points, labels } = plantedVisitors(visitors, random);
      const found = ml.autoCluster(points);
      recovered.push(ml.adjustedRandIndex(found.labels, labels));
      if (before !== null) {
        const { labels: names } = ml.matchRefit(before, found, { points });
        const renamed = found.labels.map((label) => names[label]);
        const same = ml.assign(before, points).labels.filter((label, i) => label === renamed[i]).length;
        kept.push({
          agreement: ml.adjustedRandIndex(ml.assign(before, points).labels, renamed),
          sameNumber: same / points.length,
        });
      }
      tell(
        `day ${day + 1}: ${found.clusters} segments, ${recovered.at(-1).toFixed(3)}${kept.length ? `, beside the day before ${kept.at(-1).agreement.toFixed(3)}` : ""}`,
      );
      before = found;
    }
    const least = {
      recovered: Math.min(...recovered),
      kept: Math.min(...kept.map(({ agreement }) => agreement)),
      sameNumber: Math.min(...kept.map(({ sameNumber }) => sameNumber)),
    };
    return {
      ...((least.recovered < PLANTED || least.kept < PLANTED) && {
        problem: `recovered ${least.recovered.toFixed(3)}, kept ${least.kept.toFixed(3)}: one is below ${PLANTED}`,
      }),
      summary: `recovered at an adjusted Rand index of ${least.recovered.toFixed(3)} or more, from day to day ${least.kept.toFixed(3)} or more; the same number for ${(100 * least.sameNumber).toFixed(1)} % of visitors or more`,
      figures: { recovered, kept },
    };
  },
});

/**
 * @param {{ short: boolean }} options
 * @param {() => Promise<{ ml: object, core: object }>} load
 */
export const clusteringProofs = ({ short }, load) => [
  onSets(load),
  onVisitors(load, short ? { days: 3, visitors: 1000 } : { days: 10, visitors: 5000 }),
];
