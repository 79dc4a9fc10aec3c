import { AttuneError } from "@attune/core";
import { decodeTensor } from "./decode-tensor.js";
import { fieldsOf, float32, integersOf, joined, malformed, numbersOf, textOf } from "./read-protobuf.js";
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from "./types.js";

/** How much of a file is read. */
export interface ReadLimits {
  /** Bytes of the file; 16 MB. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 16_000_000;
/** Nodes, attributes, texts, constants and the like together: an empty one takes two bytes in the file and hundreds in memory. */
const MAX_PARTS = 1_000_000;
/** What a node, a constant or an attribute counts as, for what they take in memory. */
const HEAVY = 50;
const MAX_SIDES = 8;

/** What may still be read. */
interface Budget {
  parts: number;
}

function spend(budget: Budget, parts = 1): void {
  budget.parts -= parts;
  if (budget.parts < 0) tooLarge(`has more than ${MAX_PARTS} parts`);
}

function tooLarge(what: string): never {
  throw new AttuneError(
    "ATTUNE_ML_ONNX_TOO_LARGE",
    `The model file ${what}: models for pages are small; give \`maxBytes\` for larger ones, or a model with fewer nodes.`,
  );
}

function decodeAttribute(content: Uint8Array, budget: Budget): OnnxAttribute {
  let name = "";
  let float = 0;
  let integer = 0;
  let text = "";
  let tensor: OnnxTensor | null = null;
  let opaque = false;
  const floats: Float64Array[] = [];
  const integers: Float64Array[] = [];
  const texts: string[] = [];
  for (const field of fieldsOf(content)) {
    const { number } = field;
    if (number === 1) name = textOf(field.content);
    else if (number === 2) float = numbersOf(field.content, 4, float32)[0] ?? 0;
    else if (number === 3) integer = field.value;
    else if (number === 4) text = textOf(field.content);
    else if (number === 5) tensor = decodeTensor(field.content, `/graph/attribute/${name}`);
    else if (number === 7) floats.push(numbersOf(field.content, 4, float32));
    else if (number === 8) integers.push(integersOf(field));
    else if (number === 9) {
      spend(budget);
      texts.push(textOf(field.content));
    } else if (number === 6 || (number >= 10 && number <= 15) || number > 20) opaque = true;
  }
  return {
    name,
    float,
    integer,
    text,
    floats: joined(floats),
    integers: joined(integers),
    texts,
    tensor,
    opaque,
  };
}

function decodeNode(content: Uint8Array, budget: Budget): OnnxNode {
  let op = "";
  let domain = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  for (const { number, content: part } of fieldsOf(content)) {
    spend(budget);
    if (number === 1) inputs.push(textOf(part));
    else if (number === 2) outputs.push(textOf(part));
    else if (number === 4) op = textOf(part);
    else if (number === 7) domain = textOf(part);
    else if (number === 5) {
      spend(budget, HEAVY);
      const attribute = decodeAttribute(part, budget);
      attributes.set(attribute.name, attribute);
    }
  }
  return { op, domain: domain === "ai.onnx" ? "" : domain, inputs, outputs, attributes };
}

function decodeDims(content: Uint8Array): number[] {
  const dims: number[] = [];
  for (const { number, content: side } of fieldsOf(content)) {
    if (number !== 1) continue;
    let size = -1;
    for (const { number: kind, value } of fieldsOf(side)) if (kind === 1) size = value > 0 ? value : -1;
    dims.push(size);
    if (dims.length > MAX_SIDES) malformed(`has an input or output of more than ${MAX_SIDES} dimensions`);
  }
  return dims;
}

function decodeValue(content: Uint8Array): OnnxValue {
  let name = "";
  let element = 0;
  let dims: number[] | null = null;
  for (const { number, content: type } of fieldsOf(content)) {
    if (number === 1) name = textOf(type);
    if (number !== 2) continue;
    for (const { number: kind, content: tensor } of fieldsOf(type)) {
      if (kind !== 1) continue;
      for (const field of fieldsOf(tensor)) {
        if (field.number === 1) element = field.value;
        else if (field.number === 2) dims = decodeDims(field.content);
      }
    }
  }
  return { name, element, dims };
}

function decodePair(content: Uint8Array): [key: string, text: string, integer: number] {
  let key = "";
  let text = "";
  let integer = 0;
  for (const { number, wire, value, content: part } of fieldsOf(content)) {
    if (number === 1) key = textOf(part);
    else if (number === 2 && wire === 0) integer = value;
    else if (number === 2) text = textOf(part);
  }
  return [key, text, integer];
}

function decodeGraph(content: Uint8Array, budget: Budget) {
  const nodes: OnnxNode[] = [];
  const constants = new Map<string, OnnxTensor>();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  let opaque = false;
  for (const { number, content: part } of fieldsOf(content)) {
    spend(budget, HEAVY);
    if (number === 1) nodes.push(decodeNode(part, budget));
    else if (number === 5) {
      const tensor = decodeTensor(part, `/graph/initializer/${constants.size}`);
      constants.set(tensor.name, tensor);
    } else if (number === 11) inputs.push(decodeValue(part));
    else if (number === 12) outputs.push(decodeValue(part));
    else if (number === 15) opaque = true;
  }
  opaque ||= nodes.some(({ attributes }) => [...attributes.values()].some((one) => one.opaque));
  // Older files name constants among the inputs too.
  return { nodes, constants, inputs: inputs.filter(({ name }) => !constants.has(name)), outputs, opaque };
}

/**
 * Reads an ONNX file, which need not be trusted: nothing is read beyond its bytes, nothing is taken on its word, memory stays within a small
 * multiple of its size, and graphs within graphs are stepped over. What it computes is not judged here.
 *
 * @throws AttuneError `ATTUNE_ML_ONNX_MALFORMED` for what is cut off or no ONNX file, `ATTUNE_ML_ONNX_TOO_LARGE`,
 * `ATTUNE_ML_ONNX_EXTERNAL_DATA` where numbers lie in other files.
 */
export function decodeModel(bytes: Uint8Array, { maxBytes = MAX_BYTES }: ReadLimits = {}): OnnxModel {
  if (bytes.length > maxBytes) tooLarge(`has ${bytes.length} bytes, more than ${maxBytes}`);
  const budget: Budget = { parts: MAX_PARTS };
  let irVersion = 0;
  let producer = "";
  let graph: ReturnType<typeof decodeGraph> | null = null;
  let opaque = false;
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  for (const { number, value, content } of fieldsOf(bytes)) {
    spend(budget);
    if (number === 1) irVersion = value;
    else if (number === 2) producer = textOf(content);
    else if (number === 7) {
      if (graph) malformed("has two graphs");
      graph = decodeGraph(content, budget);
    } else if (number === 8) {
      const [domain, , version] = decodePair(content);
      opsets.set(domain === "ai.onnx" ? "" : domain, version);
    } else if (number === 14) {
      const [key, text] = decodePair(content);
      metadata.set(key, text);
    } else if (number === 25) opaque = true;
  }
  if (!graph) return malformed("has no graph");
  return { irVersion, producer, opsets, metadata, ...graph, opaque: opaque || graph.opaque };
}
