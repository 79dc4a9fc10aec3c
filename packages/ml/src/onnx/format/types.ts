/** Types of a tensor's elements, by their number in the file (onnx.proto, `TensorProto.DataType`). */
export const ELEMENT = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  double: 11,
} as const;

/** A constant of the graph. Its numbers are read where they are used (`tensorValues`). */
export interface OnnxTensor {
  readonly name: string;
  /** One of `ELEMENT`, or another of the format. */
  readonly element: number;
  readonly dims: readonly number[];
  /** What a float, a double or an integer element holds, in any of the format's ways of writing it; null for elements that are no such numbers. */
  readonly values: Float64Array | null;
}

export interface OnnxAttribute {
  readonly name: string;
  readonly float: number;
  readonly integer: number;
  readonly text: string;
  readonly floats: Float64Array;
  readonly integers: Float64Array;
  readonly texts: readonly string[];
  readonly tensor: OnnxTensor | null;
  /** Whether it holds graphs or types, which only a runtime knows how to use. */
  readonly opaque: boolean;
}

export interface OnnxNode {
  readonly op: string;
  /** "" for the standard operators, `ai.onnx.ml` for those of classical models. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** An input or output of the graph. */
export interface OnnxValue {
  readonly name: string;
  /** One of `ELEMENT`; 0 for what is no tensor, such as a sequence of maps. */
  readonly element: number;
  /** Its shape; −1 for a side that is not fixed; null where the file does not say. */
  readonly dims: readonly number[] | null;
}

/** What an ONNX file holds, as far as scoring needs it. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Version by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** Inputs that are no constants. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: ReadonlyMap<string, string>;
  /** What in it only a runtime can use: functions of its own, sparse constants, graphs within graphs. */
  readonly opaque: boolean;
}
