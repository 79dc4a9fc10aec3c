import { batchSchema, eventSchema, privacyEventSchema } from "@attune/core/wire";
import * as of from "./answers-events.js";
import type { Operations } from "./operation.js";

/** Where the definitions of the document stand. */
export const COMPONENTS = "#/components/schemas/";
const MAX_BATCH = 1000;
const wait = (otherwise: number) => ({
  description: "Wait at most this long for the fold, ms.",
  schema: { type: "number", minimum: 0, maximum: 30_000, default: otherwise },
});

const STREAM_QUERY = {
  only: {
    description:
      "`rulesets`: of nobody, new rulesets alone. `segments`: also when the visitor enters or leaves one.",
    schema: { enum: ["rulesets", "segments"] },
  },
  lastEventId: {
    description: "As the header, for an EventSource that is made anew.",
    schema: { type: "string" },
  },
  visitorId: { description: "Only what is about this visitor.", schema: { type: "string" } },
  sessionId: { description: "Only the events of this session.", schema: { type: "string" } },
  userId: { description: "Only the events that name this user.", schema: { type: "string" } },
} as const;

export const eventsOperations = {
  "POST /api/v1/behavioral/events": {
    id: "sendEvent",
    tag: "Events",
    summary: "Send one event",
    description: "May be repeated: an event takes effect once, by its id.",
    query: {
      wait: wait(50),
      slots: {
        description: "Slots to decide for the event's visitor, separated by commas.",
        schema: { type: "string" },
      },
    },
    body: { json: eventSchema(COMPONENTS).schema },
    answers: {
      200: {
        description: "What became of it. What is not known yet is null, with the reason in `notes`.",
        schema: of.eventAnswer(),
      },
    },
    problems: [
      [400, "ATTUNE_SERVER_EVENT"],
      [400, "ATTUNE_SERVER_BODY_SHAPE"],
    ],
  },
  "POST /api/v1/behavioral/batch": {
    id: "sendBatch",
    tag: "Events",
    summary: "Send up to 1,000 events",
    description:
      "An invalid event rejects itself, none of its neighbours. May be repeated: each event takes effect once, by its id.",
    query: { wait: wait(0) },
    body: { json: batchSchema(MAX_BATCH) },
    answers: { 200: { description: "What became of them.", schema: of.batchAnswer() } },
    problems: [[400, "ATTUNE_SERVER_BATCH"]],
  },
  "POST /api/v1/behavioral/events/privacy-compliant": {
    id: "sendPrivacyEvent",
    tag: "Events",
    summary: "Send one event that names nobody",
    description:
      "Kept under no name but that of the anonymised session, with the fields that the consent level allows and for as long as was asked for, at most as long as the server keeps events. `full` anonymization: each event has a session of its own.",
    query: { wait: wait(0) },
    body: privacyEventSchema(),
    answers: { 200: { description: "What is kept of it.", schema: of.privacyEventAnswer() } },
    problems: [
      [400, "ATTUNE_SERVER_EVENT"],
      [400, "ATTUNE_SERVER_BODY_SHAPE"],
    ],
  },
  "GET /api/v1/behavioral/stream": {
    id: "eventSource",
    tag: "Live",
    summary: "What happens on the site, as it happens",
    description:
      "Server-sent events. Whoever opens it is told who is here already (`visitors`); whoever returns within the window misses nothing, or is told of the gap. A stream of one visitor, session or user has no `metrics`. Under a write key it is that of one visitor or session of an unguessable id, or of nobody (`only=rulesets`); `only=segments` leaves of a visitor when it enters or leaves one. The same path takes WebSockets, both ways.",
    query: STREAM_QUERY,
    headers: { "last-event-id": "The last frame that was seen." },
    answers: { 200: { description: "Frames without end.", type: "text/event-stream" } },
    problems: [[400, "ATTUNE_SERVER_QUERY"]],
  },
  "POST /api/v1/behavioral/stream": {
    id: "stream",
    tag: "Live",
    summary: "The same, with whom it is about in the body",
    description:
      "For pages: what stands in an address ends up in logs. `only: segments` with a `visitorId` carries when that visitor enters or leaves a segment, and new rulesets.",
    body: {
      json: {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(STREAM_QUERY).map(([name, { schema }]) => [name, schema]),
        ),
      },
    },
    headers: { "last-event-id": "The last frame that was seen." },
    answers: { 200: { description: "Frames without end.", type: "text/event-stream" } },
    problems: [
      [400, "ATTUNE_SERVER_QUERY"],
      [400, "ATTUNE_SERVER_BODY_SHAPE"],
    ],
  },
  "POST /api/v1/behavioral/stream/ticket": {
    id: "streamTicket",
    tag: "Live",
    summary: "A ticket for one WebSocket",
    description:
      "Opens one WebSocket at `/api/v1/behavioral/stream?ticket=…`, once, within half a minute, from the page that asked for it.",
    answers: { 201: { description: "The ticket.", schema: of.streamTicket() } },
  },
} as const satisfies Operations;
