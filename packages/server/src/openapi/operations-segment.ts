import * as v from "valibot";
import type { JsonSchema } from "@attune/core/wire";
import * as of from "./answers-events.js";
import type { Operation, Operations } from "./operation.js";

const TEXT: JsonSchema = { type: "string" };
const MESSAGE: Record<string, JsonSchema> = {
  messageId: TEXT,
  anonymousId: TEXT,
  userId: TEXT,
  timestamp: TEXT,
  originalTimestamp: TEXT,
  sentAt: TEXT,
  context: { type: "object" },
  integrations: { type: "object" },
};
const object = (properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema => ({
  type: "object",
  properties: { ...MESSAGE, ...properties },
  ...(required.length > 0 && { required }),
});
const WAIT = {
  description: "Wait at most this long for the fold, ms.",
  schema: { type: "number", minimum: 0, maximum: 30_000, default: 0 },
};

const PAGE = { name: TEXT, category: TEXT, properties: { type: "object" } };
const BODIES: Readonly<Record<string, JsonSchema>> = {
  track: object({ event: TEXT, properties: { type: "object" } }, ["event"]),
  page: object(PAGE),
  screen: object(PAGE),
  identify: object({ traits: { type: "object" } }),
  group: object({ groupId: TEXT, traits: { type: "object" } }),
  alias: object({ previousId: TEXT }, ["userId"]),
};

function oneCall(call: string, id: string, letter: boolean): Operation {
  return {
    id,
    tag: "Segment",
    summary: letter
      ? `\`${call}\`, as the client in pages sends it`
      : `\`${call}\` of the Segment HTTP tracking API`,
    description:
      "Takes effect once, by its `messageId`. Without consent nothing is kept; `withheld` says so.",
    query: { wait: WAIT },
    body: { json: BODIES[call] ?? {} },
    answers: { 200: { description: "It was taken.", schema: of.segmentAnswer() } },
    problems: [[400, "ATTUNE_SERVER_EVENT"]],
  };
}

const batchCall = (id: string, whose: string): Operation => ({
  id,
  tag: "Segment",
  summary: `Up to 1,000 messages at once${whose}`,
  description:
    "Each says what it is by its `type`. An invalid one rejects itself, none of its neighbours, and stands in `rejected`. What the body says in `context`, `timestamp` and `sentAt` holds for messages that do not say it.",
  query: { wait: WAIT },
  body: {
    json: {
      type: "object",
      properties: {
        batch: { type: "array", minItems: 1, maxItems: 1000, items: object({ type: TEXT }, ["type"]) },
        sentAt: TEXT,
        context: { type: "object" },
        integrations: { type: "object" },
      },
      required: ["batch"],
    },
  },
  answers: { 200: { description: "They were taken.", schema: of.segmentBatchAnswer() } },
  problems: [[400, "ATTUNE_SERVER_BATCH"]],
});

const settings = (id: string, whose: string): Operation => ({
  id,
  tag: "Segment",
  summary: `Where ${whose} sends things to`,
  description: "Asked for by the client itself before it sends anything. It is told of no other services.",
  answers: { 200: { description: "The settings.", schema: v.looseObject({}) } },
});

export const segmentOperations = {
  "POST /v1/track": oneCall("track", "segmentTrack", false),
  "POST /v1/t": oneCall("track", "segmentT", true),
  "POST /v1/page": oneCall("page", "segmentPage", false),
  "POST /v1/p": oneCall("page", "segmentP", true),
  "POST /v1/screen": oneCall("screen", "segmentScreen", false),
  "POST /v1/s": oneCall("screen", "segmentS", true),
  "POST /v1/identify": oneCall("identify", "segmentIdentify", false),
  "POST /v1/i": oneCall("identify", "segmentI", true),
  "POST /v1/group": oneCall("group", "segmentGroup", false),
  "POST /v1/g": oneCall("group", "segmentG", true),
  "POST /v1/alias": oneCall("alias", "segmentAlias", false),
  "POST /v1/a": oneCall("alias", "segmentA", true),
  "POST /v1/batch": batchCall("segmentBatch", ""),
  "POST /v1/b": batchCall("segmentB", ", as the client in pages sends them"),
  "POST /beacon/v1/batch": batchCall("rudderBeacon", ", as RudderStack's client sends them by beacon"),
  "GET /v1/projects/:key/settings": {
    ...settings("segmentSettings", "Segment's client"),
    params: { key: "The write key." },
  },
  "GET /sourceConfig": settings("rudderSettings", "RudderStack's client"),
  "GET /sourceConfig/": settings("rudderSettingsSlash", "RudderStack's client"),
} satisfies Operations;
