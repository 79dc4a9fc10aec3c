import { seededRandom } from "@attune/core";
import { createOnnxScorer, toOnnx } from "@attune/ml/onnx";

const INPUTS = 17;
const BATCH = 1000;
const ROUNDS = 30;
const SINGLES = 200;

const random = seededRandom(1);
const signed = (scale = 1) => (random() * 2 - 1) * scale;

const metadata = {
  name: "bench",
  features: Array.from({ length: INPUTS }, (_, i) => `f${i}`),
  featuresVersion: null,
  purposes: ["personalization"],
  label: "a benchmark",
  outputs: ["probability"],
  trainedOn: null,
};

const linear = {
  kind: "linear",
  inputs: INPUTS,
  outputs: 1,
  weights: Float64Array.from({ length: INPUTS }, () => signed()),
  intercepts: Float64Array.of(0.1),
};

const layer = (from, to, activation) => ({
  weights: Float32Array.from({ length: from * to }, () => signed()),
  biases: Float32Array.from({ length: to }, () => signed()),
  activation,
});
const network = {
  kind: "network",
  inputs: INPUTS,
  layers: [layer(INPUTS, 32, "relu"), layer(32, 16, "relu"), layer(16, 1, "identity")],
};

/** A full tree: children of node i are 2i + 1 and 2i + 2. */
function tree(depth) {
  const inner = 2 ** depth - 1;
  const nodes = Array.from({ length: 2 * inner + 1 }, (_, i) => i);
  return {
    feature: Int32Array.from(nodes, (i) => (i < inner ? Math.floor(random() * INPUTS) : -1)),
    threshold: Float32Array.from(nodes, () => signed()),
    left: Int32Array.from(nodes, (i) => (i < inner ? 2 * i + 1 : -1)),
    right: Int32Array.from(nodes, (i) => (i < inner ? 2 * i + 2 : -1)),
    value: Float64Array.from(nodes, () => signed(0.1)),
    cover: new Float64Array(nodes.length),
  };
}
const trees = { kind: "trees", inputs: INPUTS, base: 0, trees: Array.from({ length: 100 }, () => tree(6)) };

/** µs of the best round. */
async function best(rounds, work) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return least * 1000;
}

export async function run() {
  const rows = [];
  const checks = [];
  const batch = Float64Array.from({ length: BATCH * INPUTS }, () => signed());
  const one = batch.slice(0, INPUTS);
  const kinds = [
    ["linear model", linear],
    ["network 17-32-16-1", network],
    ["forest of 100 trees × depth 6", trees],
  ];
  for (const [label, model] of kinds) {
    const file = toOnnx({ model, calibration: null, metadata });
    const times = {};
    for (const runtime of ["plain", "onnxruntime"]) {
      const scorer = await createOnnxScorer(file, { runtime });
      const inBatch = (await best(ROUNDS, () => scorer.score(batch))) / BATCH;
      const alone = await best(SINGLES, () => scorer.score(one));
      times[runtime] = { inBatch, alone };
      scorer.close?.();
    }
    const { plain, onnxruntime } = times;
    for (const [how, what] of [
      ["inBatch", `of ${BATCH} at once`],
      ["alone", "alone"],
    ]) {
      const ratio = `${(onnxruntime[how] / plain[how]).toFixed(1)}× of onnxruntime-web's speed`;
      rows.push({ label: `${label}, a row ${what}: plain`, value: plain[how], unit: "µs", ratio });
      rows.push({ label: `${label}, a row ${what}: onnxruntime-web`, value: onnxruntime[how], unit: "µs" });
    }
    if (model.kind === "trees") {
      const seen = `${plain.inBatch.toFixed(2)} µs`;
      checks.push({ label: `${label}, a row`, ok: plain.inBatch <= 2, target: "≤ 2 µs", seen });
    }
  }
  return { name: "Scoring ONNX files", rows, checks };
}
