import type { NodeToWrite, TensorToWrite } from "../format/encode-model.js";

/** Nodes and constants that belong together, and the name of what comes out of them. */
export interface GraphPart {
  readonly nodes: readonly NodeToWrite[];
  readonly constants: readonly TensorToWrite[];
  readonly output: string;
}

/** Float64 numbers that stand in the file. */
export const doubles = (name: string, dims: readonly number[], values: ArrayLike<number>): TensorToWrite => ({
  name,
  element: "double",
  dims,
  values,
});

/** A node that changes the kind of numbers. */
export const cast = (from: string, to: string, element: 1 | 11): NodeToWrite => ({
  op: "Cast",
  inputs: [from],
  outputs: [to],
  attributes: { to: { integer: element } },
});

/** Parts one after another. */
export const inOrder = (...parts: readonly GraphPart[]): GraphPart => ({
  nodes: parts.flatMap(({ nodes }) => nodes),
  constants: parts.flatMap(({ constants }) => constants),
  output: parts.at(-1)?.output ?? "",
});
