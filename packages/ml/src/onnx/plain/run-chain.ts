import { portableExp, portableLogistic, portableTanh } from "../../model/portable-exp.js";
import { compileForest } from "./compile-forest.js";
import type { Chain, Pairwise, Step } from "./types.js";

/** Takes rows, one after another, and gives rows; it may write into what it was given. */
type Run = (values: Float64Array, rows: number) => Float64Array;

const EACH = {
  Relu: (x: number): number => (x > 0 ? x : 0),
  Tanh: portableTanh,
  Sigmoid: portableLogistic,
} as const;

const PAIRS: Readonly<Record<Pairwise, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: (a, b) => (a > b ? a : b),
  Min: (a, b) => (a < b ? a : b),
};

const affine =
  ({ inputs, outputs, weights, bias }: Extract<Step, { kind: "affine" }>): Run =>
  (values, rows) => {
    const out = new Float64Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      for (let unit = 0; unit < outputs; unit++) {
        let sum = bias[unit] as number;
        for (let j = 0; j < inputs; j++)
          sum += (weights[unit * inputs + j] as number) * (values[row * inputs + j] as number);
        out[row * outputs + unit] = sum;
      }
    }
    return out;
  };

const pairwise = ({ op, constant, columns, reversed }: Extract<Step, { kind: "pairwise" }>): Run => {
  const pair = PAIRS[op];
  const one = constant.length === 1;
  return (values, rows) => {
    const width = values.length / rows;
    const out = width === columns ? values : new Float64Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < columns; j++) {
        const x = values[row * width + (width === 1 ? 0 : j)] as number;
        const c = constant[one ? 0 : j] as number;
        out[row * columns + j] = reversed ? pair(c, x) : pair(x, c);
      }
    }
    return out;
  };
};

/** The largest is taken off first, so that nothing overflows. */
const softmax: Run = (values, rows) => {
  const width = values.length / rows;
  for (let row = 0; row < rows; row++) {
    const one = values.subarray(row * width, (row + 1) * width);
    const largest = one.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let j = 0; j < width; j++) sum += one[j] = portableExp((one[j] as number) - largest);
    for (let j = 0; j < width; j++) one[j] = (one[j] as number) / sum;
  }
  return values;
};

const normalize =
  (norm: "L1" | "L2"): Run =>
  (values, rows) => {
    const width = values.length / rows;
    for (let row = 0; row < rows; row++) {
      const one = values.subarray(row * width, (row + 1) * width);
      const sum = one.reduce((total, x) => total + (norm === "L1" ? Math.abs(x) : x * x), 0);
      const size = norm === "L1" ? sum : Math.sqrt(sum);
      if (size !== 0) for (let j = 0; j < width; j++) one[j] = (one[j] as number) / size;
    }
    return values;
  };

const select =
  (columns: Int32Array): Run =>
  (values, rows) => {
    const width = values.length / rows;
    const out = new Float64Array(rows * columns.length);
    for (let row = 0; row < rows; row++)
      columns.forEach((from, to) => {
        out[row * columns.length + to] = values[row * width + from] as number;
      });
    return out;
  };

const both =
  (complement: boolean): Run =>
  (values, rows) => {
    const out = new Float64Array(2 * rows);
    for (let row = 0; row < rows; row++) {
      const s = values[row] as number;
      out[2 * row] = complement ? 1 - s : -s;
      out[2 * row + 1] = s;
    }
    return out;
  };

const round: Run = (values) => {
  for (let i = 0; i < values.length; i++) values[i] = Math.fround(values[i] as number);
  return values;
};

function runOf(step: Step): Run {
  switch (step.kind) {
    case "affine":
      return affine(step);
    case "pairwise":
      return pairwise(step);
    case "elementwise": {
      const each = EACH[step.op];
      return (values) => {
        for (let i = 0; i < values.length; i++) values[i] = each(values[i] as number);
        return values;
      };
    }
    case "softmax":
      return softmax;
    case "normalize":
      return normalize(step.norm);
    case "select":
      return select(step.columns);
    case "round":
      return round;
    case "forest":
      return compileForest(step.forest);
    case "both":
      return both(step.complement);
  }
}

/** A chain as a function of rows, n × inputs, row-major, which it leaves as they are; n × outputs come out. */
export function runChain({ inputs, steps }: Chain): (rows: Float64Array) => Float64Array {
  const runs = steps.map(runOf);
  return (rows) => {
    const count = rows.length / inputs;
    let values: Float64Array = rows.slice();
    for (const run of runs) values = run(values, count);
    return values;
  };
}
