import { AttuneError } from "@attune/core";
import type { Scorer, ScorerDescription } from "@attune/core";
import { firstNotFinite } from "../data/not-finite.js";
import { decodeModel } from "./format/decode-model.js";
import type { OnnxModel } from "./format/types.js";
import { sha256Of } from "./fetch-checked.js";
import { type OnnxMetadata, readMetadata } from "./metadata.js";
import { readChain } from "./plain/read-chain.js";
import { runChain } from "./plain/run-chain.js";
import type { OnnxScorerOptions } from "./scorer-options.js";
import { scoresOutput } from "./scores-output.js";
import { toScores } from "./to-scores.js";

/** Lets a page draw and answer between the steps of loading a large model. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function mismatch(message: string): never {
  throw new AttuneError("ATTUNE_ML_ONNX_FEATURES", message);
}

/** Names of the columns: given, or the file's own, which must be the same. */
function inputsOf(model: OnnxModel, said: OnnxMetadata, { features }: OnnxScorerOptions): readonly string[] {
  const { inputs } = model;
  const width = inputs.length === 1 ? (inputs[0]?.dims?.[1] ?? -1) : inputs.length;
  const own = said.features ?? (inputs.length > 1 ? inputs.map(({ name }) => name) : null);
  const names = features ?? own;
  if (names === null)
    return mismatch("This file does not name the columns it takes: name them with `features`.");
  const at = own?.findIndex((name, i) => name !== names[i]) ?? -1;
  if (at >= 0)
    mismatch(
      `The model's column ${at} is "${own?.[at]}", not "${names[at]}": give rows in the order in which it was trained.`,
    );
  if ((own !== null && own.length !== names.length) || (width > 0 && width !== names.length))
    mismatch(`The model takes ${width > 0 ? width : own?.length} columns; ${names.length} are named.`);
  return names;
}

async function describe(
  bytes: Uint8Array,
  model: OnnxModel,
  options: OnnxScorerOptions,
): Promise<ScorerDescription> {
  const said = readMetadata(model.metadata);
  return {
    name: options.name ?? said.name ?? "model",
    version: options.version ?? (await sha256Of(bytes)),
    inputs: inputsOf(model, said, options),
    featuresVersion: options.featuresVersion === undefined ? said.featuresVersion : options.featuresVersion,
    outputs: options.outputs ?? said.outputs ?? ["probability"],
    purposes: options.purposes ?? said.purposes ?? ["personalization"],
  };
}

function checkRows(rows: Float64Array, { inputs }: ScorerDescription): void {
  const columns = inputs.length;
  if (rows.length % columns !== 0)
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      `${rows.length} numbers are no whole number of rows of ${columns}, which is what this model reads.`,
      { path: "/rows" },
    );
  const bad = firstNotFinite(rows);
  if (bad >= 0)
    throw new AttuneError(
      "ATTUNE_ML_NOT_FINITE",
      `"${inputs[bad % columns]}" is NaN or an infinity: give a value in its place, or do not ask.`,
      { path: `/rows/${Math.floor(bad / columns)}/${bad % columns}` },
    );
}

async function plainScorer(
  model: OnnxModel,
  description: ScorerDescription,
  options: OnnxScorerOptions,
): Promise<Scorer | { reason: string }> {
  const chain = readChain(model, scoresOutput(model, options.output).name, description.inputs.length);
  if ("reason" in chain) return chain;
  if (chain.inputs !== description.inputs.length)
    mismatch(`The model takes ${chain.inputs} columns; ${description.inputs.length} are named.`);
  await turn();
  const run = runChain(chain);
  const finish = toScores(description.outputs.length, options.transform);
  // What does not fit is told now, not when a visitor comes.
  finish.check(chain.outputs);
  return {
    ...description,
    score: (rows) => {
      checkRows(rows, description);
      const count = rows.length / description.inputs.length;
      return count === 0 ? new Float64Array(0) : finish(run(rows), count);
    },
  };
}

async function runtimeScorer(
  bytes: Uint8Array,
  model: OnnxModel,
  description: ScorerDescription,
  options: OnnxScorerOptions,
): Promise<Scorer> {
  const { scoreByRuntime } = await import("./onnxruntime/score-by-runtime.js");
  const runtime = await scoreByRuntime({
    file: bytes,
    model,
    output: scoresOutput(model, options.output).name,
    columns: description.inputs.length,
    options: options.onnxruntime ?? {},
    fetch: options.fetch,
  });
  const finish = toScores(description.outputs.length, options.transform);
  return {
    ...description,
    score: async (rows) => {
      checkRows(rows, description);
      const count = rows.length / description.inputs.length;
      return count === 0 ? new Float64Array(0) : finish(await runtime.score(rows), count);
    },
    close: () => {
      runtime.close();
    },
  };
}

/** A scorer of the bytes of a model file; see `createOnnxScorer`. */
export async function makeScorer(bytes: Uint8Array, options: OnnxScorerOptions): Promise<Scorer> {
  const model = decodeModel(bytes, options);
  const description = await describe(bytes, model, options);
  await turn();
  const { runtime = "auto" } = options;
  if (runtime !== "onnxruntime") {
    const plain = await plainScorer(model, description, options);
    if (!("reason" in plain)) return plain;
    if (runtime === "plain")
      throw new AttuneError(
        "ATTUNE_ML_ONNX_NOT_PLAIN",
        `This model ${plain.reason}, which needs onnxruntime-web: leave \`runtime\` at "auto".`,
      );
  }
  return runtimeScorer(bytes, model, description, options);
}
