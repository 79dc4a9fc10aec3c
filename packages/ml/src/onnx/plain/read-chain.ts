import { malformed } from "../format/read-protobuf.js";
import { ELEMENT, type OnnxModel, type OnnxNode, type OnnxTensor } from "../format/types.js";
import { after, readerOf } from "./read-node.js";
import type { Stream } from "./stream.js";
import type { Chain, Step } from "./types.js";

/** Why a graph is left to a runtime, in words that follow "This model ". */
export interface NoChain {
  readonly reason: string;
}

/** Operators that a constant may come through on its way. */
const CARRIES_CONSTANTS = new Set(["Cast", "Identity"]);

/** Looks up what is the same for all rows: constants of the file, of `Constant` nodes, and what only changes their kind of number. */
function constantsOf(
  model: OnnxModel,
  producers: ReadonlyMap<string, OnnxNode>,
): (name: string) => OnnxTensor | null {
  return (name) => {
    let at = name;
    for (let steps = 0; steps <= producers.size; steps++) {
      const held = model.constants.get(at);
      if (held) return held;
      const node = producers.get(at);
      if (node?.op === "Constant") return node.attributes.get("value")?.tensor ?? null;
      if (!node || node.domain !== "" || !CARRIES_CONSTANTS.has(node.op)) return null;
      at = node.inputs[0] ?? "";
    }
    return null;
  };
}

interface Link {
  readonly node: OnnxNode;
  readonly constants: readonly (OnnxTensor | null)[];
}

/** The nodes that lead to an output, first to last, each of which takes rows by one input alone. */
function linksTo(output: string, model: OnnxModel): readonly Link[] | NoChain {
  const producers = new Map<string, OnnxNode>();
  for (const node of model.nodes) for (const name of node.outputs) producers.set(name, node);
  const constantOf = constantsOf(model, producers);
  const links: Link[] = [];
  let at = output;
  while (at !== model.inputs[0]?.name) {
    const node = producers.get(at);
    if (!node) return malformed(`has no node that makes "${at}"`);
    if (links.length >= model.nodes.length) return malformed("has nodes that run in a circle");
    if (!readerOf(node))
      return { reason: `has the operator ${node.domain ? `${node.domain}.` : ""}${node.op}` };
    // Classifiers give the class first, then what is asked for.
    if (node.outputs.indexOf(at) !== (/Classifier$/.test(node.op) ? 1 : 0))
      return { reason: `is asked for another output of its ${node.op}` };
    const constants = node.inputs.map(constantOf);
    const open = node.inputs.filter((name, i) => name !== "" && constants[i] === null);
    if (open.length !== 1) return { reason: `brings several values together in its ${node.op}` };
    links.unshift({ node, constants });
    at = open[0] as string;
  }
  return links;
}

/** Rows come as one matrix of float32 or float64. */
function streamInto({ inputs }: OnnxModel, columns: number | undefined): Stream | NoChain {
  const [input] = inputs;
  if (!input || inputs.length !== 1) return { reason: `has ${inputs.length} inputs` };
  const { dims, element } = input;
  if (element !== ELEMENT.float && element !== ELEMENT.double)
    return { reason: "takes no floating-point numbers" };
  if (dims !== null && dims.length !== 2) return { reason: `takes values of ${dims.length} dimensions` };
  const width = dims?.[1] ?? -1;
  const known = width > 0 ? width : columns;
  if (known === undefined)
    return { reason: "does not say how many columns it takes, and no `features` were given" };
  const single = element === ELEMENT.float;
  return { columns: known, element: single ? "float" : "double", single };
}

/**
 * A graph as one line of steps from its rows to one of its outputs, which linear models, trees and small networks are. O(file).
 *
 * @param columns How many columns rows have, for files that do not say.
 * @throws AttuneError `ATTUNE_ML_ONNX_MALFORMED` where the graph contradicts itself.
 */
export function readChain(model: OnnxModel, output: string, columns?: number): Chain | NoChain {
  if (model.opaque) return { reason: "has functions or graphs of its own" };
  const start = streamInto(model, columns);
  if ("reason" in start) return start;
  const links = linksTo(output, model);
  if ("reason" in links) return links;
  // What a float32 input cannot hold, no runtime ever sees.
  const steps: Step[] = start.element === "float" ? [{ kind: "round" }] : [];
  let stream = start;
  for (const { node, constants } of links) {
    const next = readerOf(node)?.(node, stream, constants) ?? "is not known";
    if (typeof next === "string") return { reason: `has a ${node.op} that ${next}` };
    steps.push(...next);
    stream = after(stream, node, next);
  }
  const input = model.inputs[0]?.name as string;
  return { input, inputs: start.columns, outputs: stream.columns, steps };
}
