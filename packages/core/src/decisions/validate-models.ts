import { PURPOSES } from "../consent/types.js";
import { isObject } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import { FEATURES } from "../state/definitions.js";
import { FEATURES_VERSION } from "../state/features.js";
import { checkNames, checkShape, LIST, NAME, OBJECT, suggestion } from "./report.js";
import type { Kind, Report, Shape } from "./report.js";

/** Each is fetched by pages and asked after each event. */
const MAX_MODELS = 20;
const MAX_OUTPUTS = 64;
const MAX_INPUTS = 1000;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** What the library itself scores by. */
const TAKEN: readonly string[] = ["engagement", "intent"];

const URL_TEXT: Kind = [
  "where the file lies: an https address, or a path on the endpoint such as /models/churn.onnx",
  (value) =>
    typeof value === "string" &&
    value.length <= 2048 &&
    // An address of another scheme would be code or data of its own; the integrity does not make it a place.
    (/^https?:\/\/[^\s/]/.test(value) || /^(?!\/\/)[\w./~%-][^\s:\\]*$/.test(value)),
];
const INTEGRITY: Kind = [
  "a hash as Subresource Integrity writes it: sha256- and 44 characters of base64",
  (value) => typeof value === "string" && /^sha256-[A-Za-z0-9+/]{43}=$/.test(value),
];
const FILE: Shape = { "version!": NAME, "url!": URL_TEXT, "integrity!": INTEGRITY };
const MODEL: Shape = {
  ...FILE,
  "inputs!": LIST,
  "featuresVersion!": [
    "the FEATURES_VERSION that it was trained on, or null where it reads none of the features",
    (value) => value === null || (typeof value === "string" && value.length > 0 && value.length <= 128),
  ],
  "outputs!": LIST,
  "purposes!": LIST,
  canary: OBJECT,
};
const CANARY: Shape = {
  ...FILE,
  "share!": [
    "a share of visitors between 0 and 1, neither of both",
    (value) => typeof value === "number" && value > 0 && value < 1,
  ],
};

/** Checks a list of names, each there once. */
function checkList(report: Report, at: string, [list, most, what]: [unknown[], number, string]): void {
  if (list.length === 0 || list.length > most)
    report.add(at, "INVALID_LIST", `There are 1 to ${most} ${what}, each a text of 1 to 128 characters.`);
  for (const [index, name] of list.slice(0, most).entries()) {
    if (typeof name !== "string" || name.length === 0 || name.length > 128)
      report.add(pointer(at, index), "INVALID_TYPE", "This must be a text of 1 to 128 characters.");
    else if (list.indexOf(name) !== index)
      report.add(pointer(at, index), "DUPLICATE_NAME", "This stands in the list before. Leave it out.");
  }
}

function checkInputs(report: Report, at: string, [inputs, version]: [unknown[], unknown]): void {
  checkList(report, at, [inputs, MAX_INPUTS, "inputs"]);
  // What another version of the list was called, nobody here can know.
  if (version !== FEATURES_VERSION) return;
  const names: readonly string[] = FEATURES.map(({ name }) => name);
  for (const [index, name] of inputs.entries()) {
    if (typeof name !== "string" || names.includes(name)) continue;
    report.add(
      pointer(at, index),
      "UNKNOWN_FEATURE",
      `There is no such feature.${suggestion(name, names) || " docs/ruleset.md lists them."}`,
    );
  }
}

function checkOutputs(report: Report, at: string, outputs: unknown[]): void {
  checkList(report, at, [outputs, MAX_OUTPUTS, "outputs"]);
  if (outputs.length < 2) return;
  for (const [index, name] of outputs.entries()) {
    if (typeof name === "string" && !/^[a-z0-9][\w-]*$/i.test(name))
      report.add(
        pointer(at, index),
        "INVALID_NAME",
        "Conditions read it as scores.{name}.{output}: letters, digits, - and _ alone. Rename it.",
      );
  }
}

function checkModel(report: Report, name: string, model: unknown): void {
  const at = pointer("/models", name);
  if (!KEBAB.test(name) || TAKEN.includes(name))
    report.add(
      at,
      "INVALID_NAME",
      `Conditions read it as scores.{name}: kebab-case, and not ${TAKEN.join(" or ")}, which are the library's own. Rename it.`,
    );
  const fields = checkShape(report, at, [model, MODEL]);
  if (!fields) return;
  const { inputs, outputs, purposes, canary, featuresVersion } = fields;
  if (inputs) checkInputs(report, pointer(at, "inputs"), [inputs as unknown[], featuresVersion]);
  if (outputs) checkOutputs(report, pointer(at, "outputs"), outputs as unknown[]);
  for (const [index, purpose] of ((purposes ?? []) as unknown[]).entries()) {
    if ((PURPOSES as readonly unknown[]).includes(purpose)) continue;
    const near = typeof purpose === "string" ? suggestion(purpose, PURPOSES) : "";
    report.add(
      `${pointer(at, "purposes")}/${index}`,
      "UNKNOWN_PURPOSE",
      `A purpose is one of ${PURPOSES.join(", ")}.${near}`,
    );
  }
  if (Array.isArray(purposes) && purposes.length === 0)
    report.add(
      pointer(at, "purposes"),
      "INVALID_LIST",
      "Name what its scores are for, at least personalization: without a purpose nobody could refuse it.",
    );
  if (!isObject(canary)) return;
  const trial = checkShape(report, pointer(at, "canary"), [canary, CANARY]);
  if (trial && trial["version"] !== undefined && trial["version"] === fields["version"])
    report.add(
      `${at}/canary/version`,
      "SAME_VERSION",
      "The version on trial is the one that everybody has. Name another one, or leave the canary out.",
    );
}

/** Checks the models of a ruleset, whose scores conditions read. */
export function checkModels(report: Report, models: Record<string, unknown>): void {
  const names = checkNames(report, "/models", models);
  if (names.length > MAX_MODELS)
    report.add("/models", "TOO_MANY_MODELS", `A ruleset may name ${MAX_MODELS} models.`);
  for (const name of names) checkModel(report, name, models[name]);
}
