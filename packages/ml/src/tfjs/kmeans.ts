import type * as tfjs from "@tensorflow/tfjs";
import type { KmeansTask } from "../clustering/kmeans/kmeans-task.js";
import { type Fit, lloyd } from "../clustering/kmeans/lloyd.js";
import { missingLibrary } from "../clustering/missing-library.js";

type Tf = typeof tfjs;

/** Columns less their means and over the largest value: float32 keeps its digits for what tells points apart. */
function centred({ matrix }: KmeansTask): { values: Float32Array; means: Float64Array; scale: number } {
  const { data, rows, columns } = matrix;
  const means = new Float64Array(columns);
  for (let at = 0; at < data.length; at++) means[at % columns]! += (data[at] as number) / rows;
  let scale = 0;
  for (let at = 0; at < data.length; at++) {
    scale = Math.max(scale, Math.abs((data[at] as number) - (means[at % columns] as number)));
  }
  if (scale === 0) scale = 1;
  const values = Float32Array.from(data, (value, at) => (value - (means[at % columns] as number)) / scale);
  return { values, means, scale };
}

/** One step of Lloyd's algorithm on tensors: by matrix products only, which every backend has. */
function step(tf: Tf, points: tfjs.Tensor2D, centroids: tfjs.Tensor2D) {
  return tf.tidy(() => {
    const k = centroids.shape[0];
    const half = centroids.square().sum(1).div(2);
    // |x − c|² less |x|², halved: what is nearest does not depend on |x|.
    const nearest = half.sub(tf.matMul(points, centroids, false, true)).argMin(1);
    const members = tf.oneHot(nearest.toInt(), k).toFloat() as tfjs.Tensor2D;
    const counts = members.sum(0).expandDims(1);
    const sums = tf.matMul(members, points, true, false);
    const means = sums.div(counts.maximum(1));
    const kept = tf.where(counts.greater(0).tile([1, centroids.shape[1]]), means, centroids);
    const shift = kept.sub(centroids).square().sum();
    return {
      centroids: kept as tfjs.Tensor2D,
      shift: shift as tfjs.Scalar,
    };
  });
}

/**
 * K-means by TensorFlow.js on the backend that is set (WASM, WebGL, CPU), from given centroids. Tensors are float32; the last steps are done in
 * float64, so that the partition is that of the native engine from the same centroids.
 *
 * @throws AttuneError `ATTUNE_ML_MISSING_LIBRARY` where @tensorflow/tfjs is not installed.
 */
export async function tfjsKmeans(task: KmeansTask): Promise<Fit> {
  const tf: Tf = await import("@tensorflow/tfjs").catch((cause: unknown) => {
    throw missingLibrary("@tensorflow/tfjs", cause);
  });
  await tf.ready();
  const { matrix, initial, maxIterations, tolerance } = task;
  const { rows, columns } = matrix;
  const { values, means, scale } = centred(task);
  const points = tf.tensor2d(values, [rows, columns]);
  const scaled = Float32Array.from(initial, (value, at) => (value - (means[at % columns] as number)) / scale);
  let centroids = tf.tensor2d(scaled, [initial.length / columns, columns]);
  // Below this a move is the rounding of float32.
  const least = Math.max(tolerance / (scale * scale), 1e-12);
  let iterations = 0;
  try {
    for (let shift = Number.POSITIVE_INFINITY; shift > least && iterations < maxIterations; iterations++) {
      const next = step(tf, points, centroids);
      shift = ((await next.shift.data()) as Float32Array)[0] as number;
      tf.dispose([centroids, next.shift]);
      centroids = next.centroids;
    }
    const found = Float64Array.from(
      await centroids.data(),
      (value, at) => value * scale + (means[at % columns] as number),
    );
    const left = Math.max(1, maxIterations - iterations);
    const fit = lloyd(matrix, found, { maxIterations: left, tolerance });
    return { ...fit, iterations: iterations + fit.iterations };
  } finally {
    tf.dispose([points, centroids]);
  }
}
