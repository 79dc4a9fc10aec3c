import { AttuneError } from "@attune/core";
import { ELEMENT, type OnnxModel, type OnnxValue } from "../format/types.js";
import { startRuntime } from "./start-runtime.js";
import type { OnnxRuntime, OnnxRuntimeOptions, OnnxSession } from "./types.js";
import { withoutMaps } from "./without-maps.js";

/** What is to be run. */
export interface RuntimeTask {
  readonly file: Uint8Array;
  readonly model: OnnxModel;
  /** The output that holds scores. */
  readonly output: string;
  /** Columns of a row. */
  readonly columns: number;
  readonly options: OnnxRuntimeOptions;
  readonly fetch: typeof fetch | undefined;
}

export interface RuntimeScorer {
  /** n × columns, row-major, in; n × as many as the output has out. One call runs at a time. */
  score(rows: Float64Array): Promise<Float64Array>;
  close(): void;
}

function failed(what: string, cause: unknown): AttuneError {
  return new AttuneError(
    "ATTUNE_ML_ONNX_RUNTIME",
    `onnxruntime-web could not ${what} this model: check that it runs in onnxruntime elsewhere, with operators of this version.`,
    { cause },
  );
}

const KINDS: Readonly<Record<number, readonly [type: string, from: (values: Float64Array) => unknown]>> = {
  [ELEMENT.float]: ["float32", (values) => Float32Array.from(values)],
  [ELEMENT.double]: ["float64", (values) => values],
  [ELEMENT.int32]: ["int32", (values) => Int32Array.from(values)],
  [ELEMENT.int64]: ["int64", (values) => BigInt64Array.from(values, (value) => BigInt(Math.trunc(value)))],
};

function tensorOf(
  { Tensor }: OnnxRuntime,
  { element, name }: OnnxValue,
  values: Float64Array,
  rows: number,
): unknown {
  const kind = KINDS[element];
  if (!kind) {
    throw new AttuneError(
      "ATTUNE_ML_ONNX_INPUT",
      `The input "${name}" takes no numbers: turn texts into numbers before the model.`,
    );
  }
  return new Tensor(kind[0] as never, kind[1](values) as never, [rows, values.length / rows]);
}

const columnOf = (rows: Float64Array, columns: number, at: number): Float64Array =>
  Float64Array.from({ length: rows.length / columns }, (_, row) => rows[row * columns + at] as number);

/** One matrix for one input; a column each where there are as many inputs as columns. */
function feedsOf(
  runtime: OnnxRuntime,
  { model, columns }: RuntimeTask,
  rows: Float64Array,
): Record<string, never> {
  const count = rows.length / columns;
  const { inputs } = model;
  const feeds = inputs.map((input, i) => {
    const values = inputs.length === 1 ? rows.slice() : columnOf(rows, columns, i);
    return [input.name, tensorOf(runtime, input, values, count)];
  });
  return Object.fromEntries(feeds) as Record<string, never>;
}

function checkInputs({ model, columns }: RuntimeTask): void {
  const { inputs } = model;
  if (inputs.length === 1 || inputs.length === columns) return;
  throw new AttuneError(
    "ATTUNE_ML_ONNX_INPUT",
    `The model takes ${inputs.length} inputs: it needs one matrix, or one input for each of the ${columns} columns.`,
  );
}

/**
 * Has onnxruntime-web score a graph.
 *
 * @throws AttuneError `ATTUNE_ML_ONNX_NO_RUNTIME`, `ATTUNE_ML_ONNX_RUNTIME` where it cannot load or run the graph, `ATTUNE_ML_ONNX_INPUT`.
 */
export async function scoreByRuntime(task: RuntimeTask): Promise<RuntimeScorer> {
  checkInputs(task);
  const runtime = await startRuntime(task.options, task.fetch);
  const { file, output } = withoutMaps(task.file, task.output);
  let session: OnnxSession;
  try {
    session = await runtime.InferenceSession.create(file, { executionProviders: ["wasm"] });
  } catch (cause) {
    throw failed("load", cause);
  }
  const run = async (rows: Float64Array): Promise<Float64Array> => {
    const feeds = feedsOf(runtime, task, rows);
    try {
      const result = (await session.run(feeds, [output]))[output];
      return Float64Array.from(result?.data as ArrayLike<number>);
    } catch (cause) {
      throw failed("run", cause);
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    score: (rows) => {
      // A session takes one call at a time.
      const next = last.then(() => run(rows));
      last = next.catch(() => undefined);
      return next;
    },
    close: () => void last.then(() => session.release()).catch(() => undefined),
  };
}
