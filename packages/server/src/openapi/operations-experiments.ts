import * as of from "./answers-experiments.js";
import type { Operations } from "./operation.js";

const ID = "The experiment's id, under which it is assigned and counted.";
const DEFINED = { description: "The experiment.", schema: of.experiment() };
const problems = [
  [400, "ATTUNE_SERVER_EXPERIMENT"],
  [404, "ATTUNE_SERVER_EXPERIMENT"],
  [409, "ATTUNE_SERVER_EXPERIMENT"],
] as const;
const act = { tag: "Decisions", params: { id: ID }, answers: { 200: DEFINED }, problems } as const;

export const experimentOperations = {
  "GET /api/v1/experiments": {
    id: "experiments",
    tag: "Decisions",
    summary: "All experiments that people have defined",
    answers: { 200: { description: "In the order of their ids.", schema: of.experiments() } },
  },
  "POST /api/v1/experiments": {
    id: "createExperiment",
    tag: "Decisions",
    summary: "Define a new experiment",
    description:
      "What is wrong with it is told at once, by its place in the definition. A draft decides nothing until it is started.",
    body: of.experimentDefinition(),
    answers: { 201: DEFINED },
    problems: [
      [400, "ATTUNE_SERVER_EXPERIMENT"],
      [409, "ATTUNE_SERVER_EXPERIMENT"],
      [409, "ATTUNE_SERVER_EXPERIMENT_TAKEN"],
    ],
  },
  "GET /api/v1/experiments/:id": {
    id: "experiment",
    tag: "Decisions",
    summary: "One experiment and what has become of it",
    params: { id: ID },
    answers: { 200: DEFINED },
    problems: [[404, "ATTUNE_SERVER_EXPERIMENT"]],
  },
  "PUT /api/v1/experiments/:id": {
    id: "defineExperiment",
    tag: "Decisions",
    summary: "Define an experiment, or change it",
    description:
      "Once it runs only its words change: who gets what, and what that is measured by, would make visitors before and after incomparable. Stopped, all but its slot may change, for a new run.",
    params: { id: ID },
    body: of.experimentDefinition(),
    answers: { 200: DEFINED, 201: DEFINED },
    problems: [
      [400, "ATTUNE_SERVER_EXPERIMENT"],
      [409, "ATTUNE_SERVER_EXPERIMENT"],
    ],
  },
  "GET /api/v1/experiments/:id/history": {
    id: "experimentHistory",
    tag: "Decisions",
    summary: "Every revision of an experiment",
    params: { id: ID },
    answers: { 200: { description: "The newest first.", schema: of.experimentHistory() } },
    problems: [[404, "ATTUNE_SERVER_EXPERIMENT"]],
  },
  "POST /api/v1/experiments/:id/start": {
    ...act,
    id: "startExperiment",
    summary: "Let it decide its slot",
    description: "Publishes a ruleset in which it does. A stopped one begins a new run, counted for itself.",
  },
  "POST /api/v1/experiments/:id/stop": {
    ...act,
    id: "stopExperiment",
    summary: "Give the slot back to what decided it before",
    description: "What was counted stays.",
  },
  "POST /api/v1/experiments/:id/ship": {
    ...act,
    id: "shipExperiment",
    summary: "Let everybody have one variant",
    body: of.shipment(),
  },
  "GET /api/v1/experiments/:id/results": {
    id: "experimentResults",
    tag: "Decisions",
    summary: "What an experiment has shown so far",
    description:
      "Who saw each variant and ordered after it is counted of every experiment; `report` is the analysis of those that are measured, null with the reason in `notes` for others.",
    params: { id: ID },
    query: { run: { description: "Default: the run at hand.", schema: { type: "integer", minimum: 1 } } },
    answers: { 200: { description: "Counts and analysis.", schema: of.experimentResults() } },
    problems: [
      [400, "ATTUNE_SERVER_ID"],
      [400, "ATTUNE_SERVER_QUERY"],
      [404, "ATTUNE_SERVER_EXPERIMENT"],
    ],
  },
  "POST /api/v1/policies/evaluate": {
    id: "evaluatePolicy",
    tag: "Decisions",
    summary: "What another policy would have earned",
    description:
      "From the exposures of the experiment's run at hand, by the propensities they carry; nothing is shown to anybody. Where the two policies overlap too little, `value.refusal` says so in words, and there is no value. Reads visitors one by one.",
    body: of.policyQuestion(),
    answers: { 200: { description: "The estimate.", schema: of.policyAnswer() } },
    problems: [
      [400, "ATTUNE_SERVER_POLICY"],
      [404, "ATTUNE_SERVER_POLICY"],
    ],
  },
  "GET /api/v1/experiments/:id/results/stream": {
    id: "experimentResultsStream",
    tag: "Live",
    summary: "What an experiment has shown, as it changes",
    description:
      "Server-sent events: a `results` frame at once and within a second of each change, with what `GET …/results` answers; `ping` where nothing changes.",
    params: { id: ID },
    query: { run: { description: "Default: the run at hand.", schema: { type: "integer", minimum: 1 } } },
    answers: { 200: { description: "Frames.", type: "text/event-stream" } },
    problems: [
      [400, "ATTUNE_SERVER_ID"],
      [400, "ATTUNE_SERVER_QUERY"],
      [404, "ATTUNE_SERVER_EXPERIMENT"],
      [429, "ATTUNE_SERVER_BUSY"],
    ],
  },
} as const satisfies Operations;
