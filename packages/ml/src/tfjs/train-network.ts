import { AttuneError, seededRandom } from "@attune/core";
import type * as Tfjs from "@tensorflow/tfjs";
import { type Matrix, type Points, toMatrix } from "../data/points.js";
import type { ModelMetadata, NetworkLayer, TrainedModel } from "../model/types.js";
import { foldStandardisation, standardised } from "./standardise.js";

export interface TrainNetworkOptions {
  /** What the model says of itself; one name of a feature per column, one output. */
  readonly metadata: ModelMetadata;
  /** Units of the hidden layers; one of 16. */
  readonly hidden?: readonly number[];
  /** "relu" */
  readonly activation?: "relu" | "tanh";
  /** Passes over the data; 50. */
  readonly epochs?: number;
  /** Rows per step; 64. */
  readonly batchSize?: number;
  /** Of Adam (Kingma and Ba 2015); 0.01. */
  readonly learningRate?: number;
  /** L2 penalty on weights; 1e-4. */
  readonly l2?: number;
  /** Weights and the order of rows follow from it; 1. */
  readonly seed?: number;
  /** How many columns a typed array has. */
  readonly columns?: number;
}

function checkLabels(labels: ArrayLike<number>, rows: number): void {
  const fail = (code: "ATTUNE_ML_BAD_SHAPE" | "ATTUNE_ML_BAD_LABELS", message: string): never => {
    throw new AttuneError(code, message, { path: "/labels" });
  };
  if (labels.length !== rows)
    fail("ATTUNE_ML_BAD_SHAPE", `There are ${labels.length} labels for ${rows} points: give one each.`);
  const kinds = new Set(Array.from(labels));
  if (kinds.size !== 2 || !kinds.has(0) || !kinds.has(1))
    fail(
      "ATTUNE_ML_BAD_LABELS",
      "Labels are 0 or 1, and both must occur: there is nothing to tell apart otherwise.",
    );
}

async function loadTfjs(): Promise<typeof Tfjs> {
  try {
    return await import("@tensorflow/tfjs");
  } catch (cause) {
    throw new AttuneError("ATTUNE_ML_NO_TFJS", "Networks are trained by @tensorflow/tfjs: install it.", {
      cause,
    });
  }
}

type Defaulted = Required<Omit<TrainNetworkOptions, "columns" | "metadata">>;

function networkOf(tf: typeof Tfjs, inputs: number, options: Defaulted): Tfjs.Sequential {
  const { hidden, activation, l2, learningRate, seed } = options;
  const network = tf.sequential();
  [...hidden, 1].forEach((units, i, all) => {
    network.add(
      tf.layers.dense({
        units,
        ...(i === 0 && { inputShape: [inputs] }),
        ...(i < all.length - 1 && { activation }),
        kernelInitializer: tf.initializers.glorotUniform({ seed: seed + i }),
        kernelRegularizer: tf.regularizers.l2({ l2 }),
      }),
    );
  });
  const loss = (labels: Tfjs.Tensor, logits: Tfjs.Tensor): Tfjs.Scalar =>
    tf.losses.sigmoidCrossEntropy(labels, logits);
  network.compile({ optimizer: tf.train.adam(learningRate), loss });
  return network;
}

/** An order of rows for one pass (Fisher and Yates). */
function shuffled(count: number, random: () => number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const other = order[j] as number;
    order[j] = order[i] as number;
    order[i] = other;
  }
  return order;
}

interface Rows {
  readonly values: Float32Array;
  readonly labels: ArrayLike<number>;
  readonly columns: number;
}

async function fit(
  tf: typeof Tfjs,
  network: Tfjs.Sequential,
  { values, labels, columns }: Rows,
  options: Defaulted,
) {
  const random = seededRandom(options.seed);
  const count = labels.length;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const order = shuffled(count, random);
    for (let start = 0; start < count; start += options.batchSize) {
      const chosen = order.subarray(start, start + options.batchSize);
      const x = new Float32Array(chosen.length * columns);
      chosen.forEach((from, to) => {
        x.set(values.subarray(from * columns, (from + 1) * columns), to * columns);
      });
      const y = Float32Array.from(chosen, (from) => labels[from] as number);
      const [inputs, targets] = [
        tf.tensor2d(x, [chosen.length, columns]),
        tf.tensor2d(y, [chosen.length, 1]),
      ];
      await network.trainOnBatch(inputs, targets);
      tf.dispose([inputs, targets]);
    }
  }
}

/** Layers as models here hold them: units × inputs. */
function layersOf(network: Tfjs.Sequential, activation: "relu" | "tanh"): NetworkLayer[] {
  return network.layers.map((layer, i, all) => {
    const [kernel, bias] = layer.getWeights() as [Tfjs.Tensor, Tfjs.Tensor];
    const [inputs, units] = kernel.shape as [number, number];
    const from = kernel.dataSync<"float32">();
    const weights = Float32Array.from(
      { length: units * inputs },
      (_, at) => from[(at % inputs) * units + Math.floor(at / inputs)] as number,
    );
    const biases = Float32Array.from(bias.dataSync<"float32">());
    return { weights, biases, activation: i === all.length - 1 ? "identity" : activation };
  });
}

/**
 * Trains a multilayer perceptron on cross-entropy with Adam, by tfjs on whichever of its backends is chosen; `@tensorflow/tfjs` is loaded when this is called. Columns are
 * standardised for training, which the first layer then does by itself, so that the model takes raw values. The same seed gives the same network on the same backend.
 *
 * @param labels 0 or 1, one per point.
 * @throws AttuneError `ATTUNE_ML_NO_TFJS`, `ATTUNE_ML_BAD_LABELS`, and as `toMatrix`: `ATTUNE_ML_EMPTY_DATA`, `ATTUNE_ML_BAD_SHAPE`, `ATTUNE_ML_NOT_FINITE`.
 */
export async function trainNetwork(
  points: Points,
  labels: ArrayLike<number>,
  options: TrainNetworkOptions,
): Promise<TrainedModel> {
  const matrix: Matrix = toMatrix(points, options.columns);
  checkLabels(labels, matrix.rows);
  const whole: Defaulted = {
    hidden: [16],
    activation: "relu",
    epochs: 50,
    batchSize: 64,
    learningRate: 0.01,
    l2: 1e-4,
    seed: 1,
    ...options,
  };
  const tf = await loadTfjs();
  const { values, scale } = standardised(matrix);
  const network = networkOf(tf, matrix.columns, whole);
  try {
    await fit(tf, network, { values, labels, columns: matrix.columns }, whole);
    const [first, ...others] = layersOf(network, whole.activation);
    const layers = [foldStandardisation(first as NetworkLayer, scale), ...others];
    return {
      model: { kind: "network", inputs: matrix.columns, layers },
      calibration: null,
      metadata: options.metadata,
    };
  } finally {
    // A network disposes of no optimizer that it was handed.
    network.optimizer.dispose();
    network.dispose();
  }
}
