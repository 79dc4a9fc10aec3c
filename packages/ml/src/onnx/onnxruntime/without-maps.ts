import { fieldsOf, textOf } from "../format/read-protobuf.js";
import { ELEMENT } from "../format/types.js";
import { bytes as field, integer, message, text } from "../format/write-protobuf.js";

/** A node's operator, first input and first output. */
function partsOf(node: Uint8Array): { op: string; input: string; output: string } {
  const found = { op: "", input: "", output: "" };
  for (const { number, content } of fieldsOf(node)) {
    if (number === 1 && found.input === "") found.input = textOf(content);
    else if (number === 2 && found.output === "") found.output = textOf(content);
    else if (number === 4) found.op = textOf(content);
  }
  return found;
}

const nameOf = (value: Uint8Array): string => {
  for (const { number, content } of fieldsOf(value)) if (number === 1) return textOf(content);
  return "";
};

/** An output of float32 without a shape. */
const tensorOutput = (name: string): Uint8Array =>
  message(text(1, name), field(2, field(1, integer(1, ELEMENT.float))));

/** Anything of a message is passed on as it stands, varints (wire type 0) included. */
const same = (number: number, wire: number, value: number, content: Uint8Array): Uint8Array =>
  wire === 0 ? integer(number, value) : field(number, content);

function graphWithout(graph: Uint8Array, maps: ReadonlyMap<string, string>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { number, wire, value, content } of fieldsOf(graph)) {
    if (number === 1 && partsOf(content).op === "ZipMap") continue;
    const inner = number === 12 ? maps.get(nameOf(content)) : undefined;
    parts.push(inner === undefined ? same(number, wire, value, content) : field(12, tensorOutput(inner)));
  }
  return message(...parts);
}

/**
 * A file whose outputs are tensors: where a `ZipMap` gives maps from class to probability, which runtimes in JavaScript cannot hand out, the
 * matrix that it reads becomes the output.
 *
 * @returns The file, and the new name of the output asked for.
 */
export function withoutMaps(file: Uint8Array, output: string): { file: Uint8Array; output: string } {
  const maps = new Map<string, string>();
  for (const { number, content: graph } of fieldsOf(file)) {
    if (number !== 7) continue;
    for (const { number: kind, content: node } of fieldsOf(graph)) {
      const parts = kind === 1 ? partsOf(node) : null;
      if (parts?.op === "ZipMap") maps.set(parts.output, parts.input);
    }
  }
  if (maps.size === 0) return { file, output };
  const parts: Uint8Array[] = [];
  for (const { number, wire, value, content } of fieldsOf(file))
    parts.push(number === 7 ? field(7, graphWithout(content, maps)) : same(number, wire, value, content));
  return { file: message(...parts), output: maps.get(output) ?? output };
}
