import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { compileModel } from "../model/compile-model.js";
import { toOnnx } from "../onnx/index.js";
import { modelMaker, trainedModel } from "../onnx/test-models.js";
import { modelLoader, type ModelToLoad } from "./index.js";

const make = modelMaker(9);
const trained = trainedModel(make.forest(3, 10, 4));
const FILE = toOnnx(trained);
const model: ModelToLoad = {
  name: "orders-soon",
  version: "v1",
  inputs: trained.metadata.features,
  featuresVersion: null,
  outputs: ["probability"],
  purposes: ["personalization"],
  url: "models/v1.onnx",
  integrity: `sha256-${createHash("sha256").update(FILE).digest("base64")}`,
};

const served = (body: Uint8Array | Response | Error, asked: string[] = []): typeof fetch =>
  (async (url: string) => {
    asked.push(url);
    if (body instanceof Error) throw body;
    return body instanceof Response ? body : new Response(body as Uint8Array<ArrayBuffer>);
  }) as typeof fetch;

describe("modelLoader", () => {
  it("fetches a model, checks it, and scores as it was trained", async () => {
    const asked: string[] = [];
    const load = modelLoader({ endpoint: "https://shop.example/api/", fetch: served(FILE, asked) });
    const scorer = await load(model);
    expect(asked).toEqual(["https://shop.example/api/models/v1.onnx"]);
    expect(scorer).toMatchObject({ name: "orders-soon", version: "v1", inputs: model.inputs });
    const rows = make.rows(20, 3);
    const want = compileModel(trained)(rows);
    const scores = scorer.score(rows) as Float64Array;
    scores.forEach((score, i) => expect(score).toBeCloseTo(want[i] as number, 6));
  });

  it("shows its key to the endpoint, and to nobody else", async () => {
    const shown: [string, string | null][] = [];
    const fetch = (async (url: string, { headers }: RequestInit) => {
      shown.push([url, new Headers(headers).get("authorization")]);
      return new Response(FILE as Uint8Array<ArrayBuffer>);
    }) as typeof globalThis.fetch;
    const load = modelLoader({ endpoint: "https://shop.example/api/", writeKey: "wk_1", fetch });
    await load(model);
    await load({ ...model, url: "https://cdn.example/v1.onnx" });
    expect(shown).toEqual([
      ["https://shop.example/api/models/v1.onnx", "Bearer wk_1"],
      ["https://cdn.example/v1.onnx", null],
    ]);
  });

  it.each<[string, typeof fetch, Partial<ModelToLoad>, string]>([
    ["a file of another content", served(FILE.slice(0, -1)), {}, "ATTUNE_ML_INTEGRITY"],
    ["a file that is not there", served(new Response("", { status: 404 })), {}, "ATTUNE_ML_FETCH"],
    ["no answer", served(new TypeError("offline")), {}, "ATTUNE_ML_FETCH"],
    ["a file too large", served(new Uint8Array(4_000_001)), {}, "ATTUNE_ML_FETCH"],
    [
      "features that the model does not have",
      served(FILE),
      { inputs: ["f0", "f1", "other"] },
      "ATTUNE_ML_ONNX_FEATURES",
    ],
    ["more outputs than it gives", served(FILE), { outputs: ["a", "b"] }, "ATTUNE_ML_ONNX_OUTPUT"],
  ])("refuses %s", async (_what, fetch, changed, code) => {
    const load = modelLoader({ endpoint: "https://shop.example/", fetch });
    await expect(load({ ...model, ...changed })).rejects.toThrow(expect.objectContaining({ code }));
  });
});
