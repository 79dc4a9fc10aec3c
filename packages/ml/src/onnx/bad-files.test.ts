import fc from "fast-check";
import { isAttuneError } from "@attune/core";
import { describe, expect, it } from "vitest";
import { createOnnxScorer, readOnnx, toOnnx } from "./index.js";
import { encodeModel, type NodeToWrite } from "./format/encode-model.js";
import { bytes as field, integer, message, text } from "./format/write-protobuf.js";
import { modelMaker, trainedModel } from "./test-models.js";

const make = modelMaker(5);
const trained = trainedModel(make.forest(3, 4, 3), make.platt());
const FILE = toOnnx(trained);

const codeOf = async (bytes: Uint8Array): Promise<string | null> => {
  try {
    await createOnnxScorer(bytes, { runtime: "plain", features: trained.metadata.features });
    return null;
  } catch (error) {
    if (!isAttuneError(error)) throw error;
    return error.code;
  }
};

/** Two trees of one node each way; what is given replaces lists. */
function trees(
  changed: Record<string, { integers: number[] } | { floats: number[] } | { texts: string[] }>,
): Uint8Array {
  const node: NodeToWrite = {
    op: "TreeEnsembleRegressor",
    domain: "ai.onnx.ml",
    inputs: ["features"],
    outputs: ["scores"],
    attributes: {
      nodes_treeids: { integers: [0, 0, 0] },
      nodes_nodeids: { integers: [0, 1, 2] },
      nodes_featureids: { integers: [0, 0, 0] },
      nodes_values: { floats: [0.5, 0, 0] },
      nodes_modes: { texts: ["BRANCH_LEQ", "LEAF", "LEAF"] },
      nodes_truenodeids: { integers: [1, 0, 0] },
      nodes_falsenodeids: { integers: [2, 0, 0] },
      target_treeids: { integers: [0, 0] },
      target_nodeids: { integers: [1, 2] },
      target_ids: { integers: [0, 0] },
      target_weights: { floats: [0.1, 0.2] },
      n_targets: { integer: 1 },
      ...changed,
    },
  };
  return encodeModel({
    name: "trees",
    opsets: { "": 15, "ai.onnx.ml": 3 },
    nodes: [node],
    constants: [],
    inputs: [{ name: "features", element: "float", dims: [-1, 3] }],
    outputs: [{ name: "scores", element: "float", dims: [-1, 1] }],
  });
}

const externalTensor = message(
  integer(1, 1),
  integer(2, 1),
  text(8, "w"),
  field(13, message(text(1, "location"), text(2, "/etc/passwd"))),
);
const hugeTensor = message(integer(1, 1_000_000_000), integer(1, 1_000_000_000), integer(2, 1), text(8, "w"));
const graphOf = (...parts: Uint8Array[]): Uint8Array => message(integer(1, 8), field(7, message(...parts)));

describe("files that need not be trusted", () => {
  it("cut off anywhere, are refused", async () => {
    for (let length = 0; length < FILE.length; length += 7) {
      const code = await codeOf(FILE.subarray(0, length));
      // Cut off behind the graph, only metadata is missing, and the file is one that can be used.
      if (code !== null) expect(code).toMatch(/^ATTUNE_ML_ONNX_/);
      if (length < FILE.length / 2) expect(code).not.toBeNull();
    }
  });

  it("changed anywhere, are scored, or refused by an AttuneError: nothing else, and never without end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(FILE.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const bytes = FILE.slice();
          for (const [at, value] of changes) bytes[at] = value;
          await codeOf(bytes);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("of noise are refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await codeOf(bytes)).not.toBeNull();
      }),
    );
  });

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "ATTUNE_ML_ONNX_MALFORMED"],
    [
      "a length beyond the end",
      Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f),
      "ATTUNE_ML_ONNX_MALFORMED",
    ],
    [
      "a length below 0",
      Uint8Array.of(0x3a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
      "ATTUNE_ML_ONNX_MALFORMED",
    ],
    ["numbers in another file", graphOf(field(5, externalTensor)), "ATTUNE_ML_ONNX_EXTERNAL_DATA"],
    ["a shape of 10^18 numbers", graphOf(field(5, hugeTensor)), "ATTUNE_ML_ONNX_MALFORMED"],
    [
      "1,100,000 empty nodes",
      graphOf(new Uint8Array(2_200_000).map((_, i) => (i % 2 ? 0 : 10))),
      "ATTUNE_ML_ONNX_TOO_LARGE",
    ],
    ["17 MB", new Uint8Array(17_000_000), "ATTUNE_ML_ONNX_TOO_LARGE"],
    [
      "a tree that runs in a circle",
      trees({
        nodes_modes: { texts: ["BRANCH_LEQ", "BRANCH_LEQ", "LEAF"] },
        nodes_falsenodeids: { integers: [2, 1, 0] },
        nodes_truenodeids: { integers: [1, 2, 0] },
      }),
      "ATTUNE_ML_ONNX_MALFORMED",
    ],
    [
      "a tree whose nodes have two parents",
      trees({ nodes_falsenodeids: { integers: [1, 0, 0] } }),
      "ATTUNE_ML_ONNX_MALFORMED",
    ],
    [
      "a tree that leads nowhere",
      trees({ nodes_truenodeids: { integers: [9, 0, 0] } }),
      "ATTUNE_ML_ONNX_MALFORMED",
    ],
    [
      "a column that there is not",
      trees({ nodes_featureids: { integers: [3, 0, 0] } }),
      "ATTUNE_ML_ONNX_MALFORMED",
    ],
    ["lists of different length", trees({ nodes_values: { floats: [1] } }), "ATTUNE_ML_ONNX_MALFORMED"],
    [
      "an infinite leaf",
      trees({ target_weights: { floats: [0.1, Number.POSITIVE_INFINITY] } }),
      "ATTUNE_ML_ONNX_MALFORMED",
    ],
    ["a leaf of another output", trees({ target_ids: { integers: [0, 4] } }), "ATTUNE_ML_ONNX_MALFORMED"],
  ])("with %s are refused", async (_what, bytes, code) => {
    expect(await codeOf(bytes)).toBe(code);
  });

  it("with graphs within graphs, however deep, are read without going in", () => {
    let attribute = message(text(1, "body"), integer(20, 5));
    for (let depth = 0; depth < 5000; depth++)
      attribute = message(text(1, "body"), field(6, field(1, field(5, attribute))), integer(20, 5));
    const { model } = readOnnx(graphOf(field(1, message(text(4, "Loop"), field(5, attribute)))));
    expect(model.opaque).toBe(true);
  });

  it("with nodes that run in a circle are refused", async () => {
    const nodes = [
      { op: "Relu", inputs: ["b"], outputs: ["a"] },
      { op: "Relu", inputs: ["a"], outputs: ["b"] },
    ];
    const inputs = [{ name: "x", element: "float", dims: [-1, 3] }] as const;
    const outputs = [{ name: "a", element: "float", dims: [-1, 3] }] as const;
    expect(
      await codeOf(
        encodeModel({ name: "circle", opsets: { "": 15 }, nodes, constants: [], inputs, outputs }),
      ),
    ).toBe("ATTUNE_ML_ONNX_MALFORMED");
  });
});

describe("rows that cannot be scored", () => {
  it.each<[string, Float64Array, string, string]>([
    ["of another width", new Float64Array(4), "ATTUNE_ML_BAD_SHAPE", "/rows"],
    ["with NaN", Float64Array.of(0, 0, 0, 0, Number.NaN, 0), "ATTUNE_ML_NOT_FINITE", "/rows/1/1"],
  ])("%s are refused", async (_what, rows, code, path) => {
    const scorer = await createOnnxScorer(FILE);
    expect(() => scorer.score(rows)).toThrow(expect.objectContaining({ code, path }));
  });

  it("none give none", async () => {
    expect(await (await createOnnxScorer(FILE)).score(new Float64Array(0))).toHaveLength(0);
  });

  it("columns in another order are refused", async () => {
    await expect(createOnnxScorer(FILE, { features: ["f1", "f0", "f2"] })).rejects.toThrow(
      expect.objectContaining({
        code: "ATTUNE_ML_ONNX_FEATURES",
        message: expect.stringContaining('"f0", not "f1"'),
      }),
    );
  });
});
