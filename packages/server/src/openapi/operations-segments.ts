import * as of from "./answers-site.js";
import type { Operations } from "./operation.js";

const NAME = "Its name in the ruleset.";
const ETAG = { etag: "The version of the ruleset that it stands in." };
const CONDITION = { "if-match": "The ETag of the ruleset that it is to be changed in." };
const CHANGED = {
  description: "The ruleset that was published with it.",
  schema: of.rulesetPublished(),
  headers: ETAG,
};
const refused = [
  [400, "ATTUNE_SERVER_SEGMENT_DEFINITION"],
  [412, "ATTUNE_SERVER_RULESET_CHANGED"],
] as const;

export const segmentOperations = {
  "GET /api/v1/segments": {
    id: "segments",
    tag: "Decisions",
    summary: "The segments of the ruleset",
    answers: { 200: { description: "In the order of the ruleset.", schema: of.segments(), headers: ETAG } },
  },
  "POST /api/v1/segments": {
    id: "createSegment",
    tag: "Decisions",
    summary: "Add a segment",
    description:
      "Publishes the ruleset with it, under the next revision; stored visitors are brought in line behind it. What is wrong is told by its place in the definition.",
    headers: CONDITION,
    body: of.segment(),
    answers: { 201: CHANGED },
    problems: [...refused, [409, "ATTUNE_SERVER_SEGMENT_TAKEN"]],
  },
  "GET /api/v1/segments/:id": {
    id: "segment",
    tag: "Decisions",
    summary: "One segment",
    params: { id: NAME },
    answers: { 200: { description: "The segment.", schema: of.segment(), headers: ETAG } },
    problems: [
      [400, "ATTUNE_SERVER_ID"],
      [404, "ATTUNE_SERVER_SEGMENT"],
    ],
  },
  "PUT /api/v1/segments/:id": {
    id: "defineSegment",
    tag: "Decisions",
    summary: "Add a segment, or change it",
    params: { id: NAME },
    headers: CONDITION,
    body: of.segmentPut(),
    answers: { 200: CHANGED, 201: CHANGED },
    problems: [...refused, [400, "ATTUNE_SERVER_SEGMENT_NAME"]],
  },
  "DELETE /api/v1/segments/:id": {
    id: "removeSegment",
    tag: "Decisions",
    summary: "Remove a segment",
    description: "Refused while a rule asks for it. Who was in it leaves.",
    params: { id: NAME },
    headers: CONDITION,
    answers: { 200: CHANGED },
    problems: [
      [400, "ATTUNE_SERVER_ID"],
      [404, "ATTUNE_SERVER_SEGMENT"],
      [409, "ATTUNE_SERVER_SEGMENT_DEFINITION"],
      [412, "ATTUNE_SERVER_RULESET_CHANGED"],
    ],
  },
  "GET /api/v1/segments/:id/size": {
    id: "segmentSize",
    tag: "Decisions",
    summary: "How many visitors are in a segment",
    description: "Exact, but not told of few, who could be recognised.",
    params: { id: NAME },
    answers: { 200: { description: "Its size.", schema: of.segmentSize() } },
    problems: [
      [400, "ATTUNE_SERVER_ID"],
      [404, "ATTUNE_SERVER_SEGMENT"],
    ],
  },
} as const satisfies Operations;
