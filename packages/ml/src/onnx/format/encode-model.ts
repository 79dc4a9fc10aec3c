import { ELEMENT } from "./types.js";
import { bytes, float, floats, integer, integers, littleEndian, message, text } from "./write-protobuf.js";

/** An attribute of a node: numbers with a fraction or not are told apart by its kind, not by its value. */
export type AttributeToWrite =
  | { readonly float: number }
  | { readonly integer: number }
  | { readonly text: string }
  | { readonly floats: ArrayLike<number> }
  | { readonly integers: ArrayLike<number> }
  | { readonly texts: readonly string[] }
  | { readonly tensor: TensorToWrite };

export interface NodeToWrite {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeToWrite>>;
}

export interface TensorToWrite {
  readonly name: string;
  readonly element: "float" | "double" | "int64" | "uint8";
  readonly dims: readonly number[];
  readonly values: ArrayLike<number>;
}

export interface ValueToWrite {
  readonly name: string;
  /** `maps`: a sequence of maps from a class to its probability, as converters of scikit-learn write. */
  readonly element: "float" | "double" | "int64" | "maps";
  /** −1 for a side that is not fixed. */
  readonly dims: readonly number[];
}

export interface ModelToWrite {
  readonly name: string;
  readonly producer?: string;
  /** Version by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly nodes: readonly NodeToWrite[];
  readonly constants: readonly TensorToWrite[];
  readonly inputs: readonly ValueToWrite[];
  readonly outputs: readonly ValueToWrite[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The newest version of the file's layout that runtimes of 2023 and later read. */
const IR_VERSION = 8;

/** A field's number and the attribute's type number, both of onnx.proto's `AttributeProto`. */
function attribute(name: string, value: AttributeToWrite): Uint8Array {
  const named = text(1, name);
  if ("float" in value) return message(named, float(2, value.float), integer(20, 1));
  if ("integer" in value) return message(named, integer(3, value.integer), integer(20, 2));
  if ("text" in value) return message(named, text(4, value.text), integer(20, 3));
  if ("floats" in value) return message(named, floats(7, value.floats), integer(20, 6));
  if ("tensor" in value) return message(named, bytes(5, tensor(value.tensor)), integer(20, 4));
  if ("integers" in value) return message(named, integers(8, value.integers), integer(20, 7));
  return message(named, ...value.texts.map((one) => text(9, one)), integer(20, 8));
}

const node = ({ op, domain, inputs, outputs, attributes = {} }: NodeToWrite): Uint8Array =>
  message(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
    ...(domain ? [text(7, domain)] : []),
  );

function rawData(element: TensorToWrite["element"], values: ArrayLike<number>): Uint8Array {
  if (element === "uint8") return Uint8Array.from(values);
  return element === "int64" ? int64(values) : littleEndian(values, element === "float" ? 4 : 8);
}

function int64(values: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  for (let i = 0; i < values.length; i++) view.setBigInt64(i * 8, BigInt(values[i] as number), true);
  return new Uint8Array(view.buffer);
}

const tensor = ({ name, element, dims, values }: TensorToWrite): Uint8Array =>
  message(integers(1, dims), integer(2, ELEMENT[element]), text(8, name), bytes(9, rawData(element, values)));

const tensorType = (element: number, dims: readonly number[]): Uint8Array =>
  bytes(
    1,
    message(
      integer(1, element),
      bytes(2, message(...dims.map((side) => bytes(1, side < 0 ? text(2, "N") : integer(1, side))))),
    ),
  );

/** A sequence (4) of maps (5) from int64 to a float without a shape. */
const mapsType = (): Uint8Array =>
  bytes(
    4,
    bytes(1, bytes(5, message(integer(1, ELEMENT.int64), bytes(2, bytes(1, integer(1, ELEMENT.float)))))),
  );

const value = ({ name, element, dims }: ValueToWrite): Uint8Array =>
  message(text(1, name), bytes(2, element === "maps" ? mapsType() : tensorType(ELEMENT[element], dims)));

const entry = (key: string, content: string): Uint8Array => message(text(1, key), text(2, content));

/** A graph as an ONNX file. The same graph gives the same bytes. */
export function encodeModel(model: ModelToWrite): Uint8Array {
  const graph = message(
    ...model.nodes.map((one) => bytes(1, node(one))),
    text(2, model.name),
    ...model.constants.map((one) => bytes(5, tensor(one))),
    ...model.inputs.map((one) => bytes(11, value(one))),
    ...model.outputs.map((one) => bytes(12, value(one))),
  );
  return message(
    integer(1, IR_VERSION),
    text(2, model.producer ?? "attune"),
    bytes(7, graph),
    ...Object.entries(model.opsets).map(([domain, version]) =>
      bytes(8, message(...(domain ? [text(1, domain)] : []), integer(2, version))),
    ),
    ...Object.entries(model.metadata ?? {}).map(([key, content]) => bytes(14, entry(key, content))),
  );
}
