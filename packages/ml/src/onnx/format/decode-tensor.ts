import {
  type Field,
  fieldsOf,
  float32,
  float64,
  integersOf,
  joined,
  malformed,
  numbersOf,
  textOf,
} from "./read-protobuf.js";
import { ELEMENT, type OnnxTensor } from "./types.js";
import { AttuneError } from "@attune/core";

const int64 = (view: DataView, at: number): number =>
  view.getInt32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true);

/** How raw data holds an element, by the element's number. */
const RAW: Readonly<
  Record<number, readonly [size: 1 | 4 | 8, read: (view: DataView, at: number) => number]>
> = {
  [ELEMENT.float]: [4, float32],
  [ELEMENT.double]: [8, float64],
  [ELEMENT.int64]: [8, int64],
  [ELEMENT.int32]: [4, (view, at) => view.getInt32(at, true)],
  [ELEMENT.uint8]: [1, (view, at) => view.getUint8(at)],
  [ELEMENT.int8]: [1, (view, at) => view.getInt8(at)],
  [ELEMENT.bool]: [1, (view, at) => view.getUint8(at)],
};

/** A field of `TensorProto` that holds numbers; null for others. */
function numbersIn(field: Field, element: number): Float64Array | null {
  const { number, content } = field;
  if (number === 4) return numbersOf(content, 4, float32);
  if (number === 10) return numbersOf(content, 8, float64);
  if (number === 5 || number === 7) return integersOf(field);
  const raw = RAW[element];
  return number === 9 && raw ? numbersOf(content, raw[0], raw[1]) : null;
}

/**
 * A tensor, whose shape must agree with what it holds. One whose data lies in another file is refused: a model is one file, of which the hash
 * says all.
 *
 * @throws AttuneError `ATTUNE_ML_ONNX_MALFORMED`, `ATTUNE_ML_ONNX_EXTERNAL_DATA`.
 */
export function decodeTensor(content: Uint8Array, path: string): OnnxTensor {
  const sides: Float64Array[] = [];
  const data: Field[] = [];
  let name = "";
  let element = 0;
  for (const field of fieldsOf(content)) {
    if (field.number === 1) sides.push(integersOf(field));
    else if (field.number === 2) element = field.value;
    else if (field.number === 8) name = textOf(field.content);
    else if (field.number === 13 || (field.number === 14 && field.value !== 0)) {
      throw new AttuneError(
        "ATTUNE_ML_ONNX_EXTERNAL_DATA",
        "The model keeps its numbers in another file: export it as one file.",
        { path },
      );
    } else data.push(field);
  }
  const dims = Array.from(joined(sides));
  const parts = element in RAW ? data.flatMap((field) => numbersIn(field, element) ?? []) : [];
  const values = element in RAW ? joined(parts) : null;
  const size = dims.reduce((product, side) => product * (side >= 0 ? side : Number.NaN), 1);
  if (values !== null && values.length !== size)
    malformed(`has a constant that holds ${values.length} numbers where its shape says ${size}`, path);
  return { name, element, dims, values };
}
