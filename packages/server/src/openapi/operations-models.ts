import * as of from "./answers-models.js";
import type { Operations } from "./operation.js";

const ID = "The model's name.";
const CHANGED = { description: "What is in force now.", schema: of.modelInForce() };
const problems = [
  [400, "ATTUNE_SERVER_MODEL"],
  [404, "ATTUNE_SERVER_MODEL"],
  [404, "ATTUNE_SERVER_MODELS"],
  [409, "ATTUNE_SERVER_MODEL"],
] as const;
const unknown = [
  [400, "ATTUNE_SERVER_ID"],
  [404, "ATTUNE_SERVER_MODEL"],
  [404, "ATTUNE_SERVER_MODELS"],
] as const;
const act = { tag: "Models", params: { id: ID }, answers: { 200: CHANGED }, problems } as const;

export const modelOperations = {
  "GET /api/v1/models": {
    id: "models",
    tag: "Models",
    summary: "All models, and which versions of them are in force",
    answers: { 200: { description: "In the order of their names.", schema: of.modelList() } },
    problems: [[404, "ATTUNE_SERVER_MODELS"]],
  },
  "POST /api/v1/models/train": {
    id: "trainModel",
    tag: "Models",
    summary: "Train a version from what is kept of visitors",
    description:
      "Begins and answers; `training` of the model says how it goes. The first version of a name is put in force, a later one is tried on a share of visitors where its report card is not worse.",
    body: of.modelTraining(),
    answers: { 202: { description: "It is under way.", schema: of.trainingState() } },
    problems: [
      [400, "ATTUNE_SERVER_MODEL"],
      [404, "ATTUNE_SERVER_MODELS"],
      [409, "ATTUNE_SERVER_MODEL"],
    ],
  },
  "GET /api/v1/models/:id": {
    id: "model",
    tag: "Models",
    summary: "One model with its versions and their report cards",
    params: { id: ID },
    answers: { 200: { description: "The newest version first.", schema: of.modelWithVersions() } },
    problems: unknown,
  },
  "POST /api/v1/models/:id/promote": {
    ...act,
    id: "promoteModel",
    summary: "Let everybody have a version",
    description:
      "The one on trial unless another is named. Publishes a ruleset that names it, so that pages and servers switch without a reload and without a gap.",
    body: of.modelPromotion(),
  },
  "POST /api/v1/models/:id/canary": {
    ...act,
    id: "tryModel",
    summary: "Try a version on a share of visitors",
    description:
      "It is taken back by itself, within seconds of the evidence, for more errors, slower answers, scores that are no numbers, silence or a credibly lower reward; and promoted once it has proved itself.",
    body: of.modelTrial(),
  },
  "POST /api/v1/models/:id/rollback": {
    ...act,
    id: "rollBackModel",
    summary: "Take the version on trial back, or go back to the champion before",
    body: of.modelRollback(),
  },
  "GET /api/v1/models/:id/performance": {
    id: "modelPerformance",
    tag: "Models",
    summary: "How the versions in force do, and what follows for the trial",
    params: { id: ID },
    answers: { 200: { description: "Since the latest trial began.", schema: of.modelPerformance() } },
    problems: unknown,
  },
  "GET /api/v1/models/:id/drift": {
    id: "modelDrift",
    tag: "Models",
    summary:
      "How far what it is asked with has moved from what it was trained on, and whether what it says comes true",
    description:
      "By the latest visits, at the moment at which the version was trained to tell, against rows of the training kept with it; of a model made elsewhere by what the answering process was asked about. `features` is null with the `reason` where that cannot be told. `outcomes` is of visits since the training whose time is over. Visits are looked at every six hours, by one process that folds.",
    params: { id: ID },
    answers: { 200: { description: "By feature, and what came of visits.", schema: of.modelDrift() } },
    problems: unknown,
  },
  "GET /api/v1/models/:id/:version/model.onnx": {
    id: "modelFile",
    tag: "Models",
    summary: "The file of a version",
    description:
      "It never changes: it may be kept for good. Readable with a write key, as the ruleset that names it is.",
    params: { id: ID, version: "The hash of the file." },
    answers: {
      200: { description: "The model.", type: "application/octet-stream" },
      304: { description: "It is as `If-None-Match` has it." },
    },
    problems: unknown,
  },
} as const satisfies Operations;
