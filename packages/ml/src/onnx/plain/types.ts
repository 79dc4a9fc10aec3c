/**
 * Trees of one ensemble in common arrays. A row goes to `left` where its value is at most `threshold`; what is below 0 in `left` and `right`
 * is a leaf: −1 − its number.
 */
export interface Forest {
  readonly inputs: number;
  readonly targets: number;
  /** One per target. */
  readonly base: Float64Array;
  /** Where each tree starts: a node, or a leaf as above. */
  readonly roots: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Leaf i adds `weight[j]` to `target[j]` for j from `start[i]` up to `start[i + 1]`. */
  readonly start: Int32Array;
  readonly target: Int32Array;
  readonly weight: Float64Array;
  /** `float32`: every partial sum is rounded, as runtimes do; `rounded`: only what comes out; `float64`: neither. */
  readonly sums: "float32" | "rounded" | "float64";
  /** Whether what trees ask is always a float32. */
  readonly single: boolean;
}

/** Operators of two operands, of which one is a constant that is the same for all rows. */
export type Pairwise = "Add" | "Sub" | "Mul" | "Div" | "Max" | "Min";

/** Operators on every number by itself. */
export type Elementwise = "Relu" | "Tanh" | "Sigmoid";

/** One thing that is done to rows; what comes out is rows again. */
export type Step =
  /** `weights` is outputs × inputs, row-major. */
  | {
      readonly kind: "affine";
      readonly inputs: number;
      readonly outputs: number;
      readonly weights: Float64Array;
      readonly bias: Float64Array;
    }
  /** `reversed`: the constant is the first operand. One column meets a longer constant with each of its numbers. */
  | {
      readonly kind: "pairwise";
      readonly op: Pairwise;
      readonly constant: Float64Array;
      readonly columns: number;
      readonly reversed: boolean;
    }
  | { readonly kind: "elementwise"; readonly op: Elementwise }
  | { readonly kind: "softmax" }
  /** Divided by the row's sum of magnitudes, or by its length; a row of zeros stays. */
  | { readonly kind: "normalize"; readonly norm: "L1" | "L2" }
  | { readonly kind: "select"; readonly columns: Int32Array }
  /** To the nearest float32. */
  | { readonly kind: "round" }
  | { readonly kind: "forest"; readonly forest: Forest }
  /** One column s becomes two: −s and s, or 1 − s and s. */
  | { readonly kind: "both"; readonly complement: boolean };

/** A graph that is one line of steps from its rows to its scores. */
export interface Chain {
  /** Name of the graph's input. */
  readonly input: string;
  /** Columns that come in. */
  readonly inputs: number;
  /** Columns that go out. */
  readonly outputs: number;
  readonly steps: readonly Step[];
}
