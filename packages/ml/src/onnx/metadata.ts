import type { Purpose } from "@attune/core";
import type { Calibration, ModelMetadata, TrainedModel } from "../model/types.js";

/** What an ONNX file says of its model beside the graph; null for what it does not say, or not in a way that can be read. */
export interface OnnxMetadata {
  readonly name: string | null;
  readonly features: readonly string[] | null;
  readonly featuresVersion: string | null;
  readonly purposes: readonly Purpose[] | null;
  readonly label: string | null;
  readonly outputs: readonly string[] | null;
  readonly trainedOn: ModelMetadata["trainedOn"];
  readonly calibration: Calibration | null;
  /** 16 hex digits that name the graph: the same graph under other metadata has the same. */
  readonly graphHash: string | null;
}

const PREFIX = "attune.";

/** Arrays of numbers as JSON writes them. */
function plainCalibration(calibration: Calibration): unknown {
  if (calibration.method === "platt") return calibration;
  return { method: "isotonic", x: Array.from(calibration.x), y: Array.from(calibration.y) };
}

/** What `toOnnx` writes beside the graph (`metadata_props`): each a text, all but the hash JSON. */
export function metadataOf(
  { metadata, calibration, model }: TrainedModel,
  graphHash: string,
): Record<string, string> {
  const all: Record<string, unknown> = {
    name: metadata.name,
    kind: model.kind,
    features: metadata.features,
    featuresVersion: metadata.featuresVersion,
    purposes: metadata.purposes,
    label: metadata.label,
    outputs: metadata.outputs,
    trainedOn: metadata.trainedOn,
    calibration: calibration && plainCalibration(calibration),
  };
  const texts = Object.entries(all).map(([key, value]) => [PREFIX + key, JSON.stringify(value)]);
  return { ...Object.fromEntries(texts), [`${PREFIX}graphHash`]: graphHash };
}

const isText = (value: unknown): value is string => typeof value === "string";

const textsOf = (value: unknown): readonly string[] | null =>
  Array.isArray(value) && value.every(isText) ? value : null;

const isNumber = (value: unknown): value is number => typeof value === "number";

function calibrationOf(value: unknown): Calibration | null {
  const { method, slope, intercept, x, y } = (value ?? {}) as Record<string, unknown>;
  if (method === "platt" && isNumber(slope) && isNumber(intercept)) return { method, slope, intercept };
  const lists = [x, y].every((list) => Array.isArray(list) && list.every(isNumber));
  return method === "isotonic" && lists
    ? { method, x: Float64Array.from(x as number[]), y: Float64Array.from(y as number[]) }
    : null;
}

function windowOf(value: unknown): ModelMetadata["trainedOn"] {
  const { from, to, rows } = (value ?? {}) as Record<string, unknown>;
  return isNumber(from) && isNumber(to) && isNumber(rows) ? { from, to, rows } : null;
}

/** Reads what a file says of its model. It need not be trusted: what cannot be read is null. */
export function readMetadata(properties: ReadonlyMap<string, string>): OnnxMetadata {
  const read = (key: string): unknown => {
    try {
      return JSON.parse(properties.get(PREFIX + key) ?? "null");
    } catch {
      return null;
    }
  };
  const text = (key: string): string | null => {
    const value = read(key);
    return isText(value) ? value : null;
  };
  return {
    name: text("name"),
    features: textsOf(read("features")),
    featuresVersion: text("featuresVersion"),
    purposes: textsOf(read("purposes")) as readonly Purpose[] | null,
    label: text("label"),
    outputs: textsOf(read("outputs")),
    trainedOn: windowOf(read("trainedOn")),
    calibration: calibrationOf(read("calibration")),
    graphHash: properties.get(`${PREFIX}graphHash`) ?? null,
  };
}
