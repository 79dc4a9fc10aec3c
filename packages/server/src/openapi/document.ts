import { eventSchema, type JsonSchema } from "@attune/core/wire";
import type { Route } from "../http/route.js";
import { problemBody } from "./answers-events.js";
import { jsonSchemaOf } from "./json-schema.js";
import type { Answer, Described, Operation, Operations } from "./operation.js";
import { COMPONENTS } from "./operations-events.js";

type Json = Record<string, unknown>;

export interface DocumentOptions {
  routes: readonly Route[];
  operations: Operations;
  basePath: string;
  version: string;
}

const PROBLEM = "application/problem+json";
const EXPLAINED: Readonly<Record<number, string>> = {
  400: "Something in the request is wrong; `errors` say what and where.",
  401: "A valid credential is needed.",
  403: "The credential does not reach this far.",
  404: "There is no such thing.",
  408: "The body did not arrive in time.",
  409: "It conflicts with what is there already.",
  412: "What stands there is not what the request expects.",
  413: "Too large.",
  415: "Another content type or encoding is needed.",
  422: "This Idempotency-Key was used for another request.",
  429: "Too many requests; come again after `Retry-After` seconds.",
  500: "The server failed; the reason is in its report.",
  503: "Not right now; come again after `Retry-After` seconds.",
};

const schemaOf = (described: Described): JsonSchema =>
  "json" in described ? described.json : jsonSchemaOf(described);

/** `/data/:id` → `/data/{id}`. */
export const templateOf = (path: string): string => path.replace(/:(\w+)/g, "{$1}");

/** What may go wrong with any route of this kind. */
function commonProblems(route: Route): [status: number, code: string][] {
  if (route.vital) return [[500, "ATTUNE_SERVER_INTERNAL"]];
  const found: [number, string][] = [
    [429, "ATTUNE_SERVER_RATE"],
    [429, "ATTUNE_SERVER_BUSY"],
    [500, "ATTUNE_SERVER_INTERNAL"],
    [503, "ATTUNE_SERVER_UNAVAILABLE"],
  ];
  if (route.scope !== null)
    found.push(
      [401, "ATTUNE_SERVER_CREDENTIAL"],
      [401, "ATTUNE_SERVER_KEY_UNKNOWN"],
      [401, "ATTUNE_SERVER_KEY_PLACE"],
      [403, "ATTUNE_SERVER_SCOPE"],
      [403, "ATTUNE_SERVER_ORIGIN"],
    );
  if (route.own) found.push([403, "ATTUNE_SERVER_VISITOR"]);
  if (route.body)
    found.push(
      [400, "ATTUNE_SERVER_BODY_JSON"],
      [400, "ATTUNE_SERVER_BODY_BROKEN"],
      [400, "ATTUNE_SERVER_BODY_ENCODING"],
      [400, "ATTUNE_SERVER_BODY_SHAPE"],
      [400, "ATTUNE_SERVER_BODY_DEPTH"],
      [408, "ATTUNE_SERVER_BODY_LATE"],
      [413, "ATTUNE_SERVER_BODY_SIZE"],
      [413, "ATTUNE_SERVER_BODY_VALUES"],
      [415, "ATTUNE_SERVER_CONTENT_TYPE"],
      [415, "ATTUNE_SERVER_CONTENT_ENCODING"],
    );
  if (route.ingests) found.push([503, "ATTUNE_SERVER_INGEST"]);
  if (route.once)
    found.push(
      [400, "ATTUNE_SERVER_IDEMPOTENCY_KEY"],
      [409, "ATTUNE_SERVER_IDEMPOTENCY_PENDING"],
      [422, "ATTUNE_SERVER_IDEMPOTENCY"],
    );
  return found;
}

function problemAnswers(route: Route, { problems = [] }: Operation): Json {
  const byStatus = new Map<number, Set<string>>();
  for (const [status, code] of [...problems, ...commonProblems(route)])
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  const answers: Json = {};
  for (const [status, codes] of byStatus) {
    const schema = { $ref: `${COMPONENTS}Problem` };
    // Besides those named, ports and adapters have codes of their own for not being there.
    const type = status === 503 ? { examples: [...codes] } : { enum: [...codes] };
    answers[status] = {
      description: EXPLAINED[status] ?? "Refused.",
      ...(status === 429 || status === 503
        ? { headers: { "Retry-After": { schema: { type: "integer", minimum: 1 } } } }
        : {}),
      content: { [PROBLEM]: { schema: { allOf: [schema, { properties: { type } }] } } },
    };
  }
  return answers;
}

function answerOf({ description, schema, type, headers }: Answer): Json {
  const told = Object.entries(headers ?? {}).map(([name, what]) => [
    name,
    { description: what, schema: { type: "string" } },
  ]);
  const media = type ?? (schema ? "application/json" : null);
  return {
    description,
    ...(told.length > 0 && { headers: Object.fromEntries(told) }),
    ...(media !== null && { content: { [media]: schema ? { schema: schemaOf(schema) } : {} } }),
  };
}

function parametersOf(route: Route, { params = {}, query = {}, headers = {} }: Operation): Json[] {
  const text = { type: "string", minLength: 1, maxLength: 512 };
  return [
    ...Object.entries(params).map(([name, description]) => ({
      name,
      in: "path",
      required: true,
      description,
      schema: text,
    })),
    ...Object.entries(query).map(([name, { description, schema }]) => ({
      name,
      in: "query",
      description,
      schema,
    })),
    ...Object.entries(headers).map(([name, description]) => ({
      name,
      in: "header",
      description,
      schema: { type: "string" },
    })),
    ...(route.once
      ? [
          {
            name: "Idempotency-Key",
            in: "header",
            description:
              "Names this request: under the same key it is done once, and answered the same for a day.",
            schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$" },
          },
        ]
      : []),
  ];
}

/** A beacon cannot set headers: where pages send something, the write key may stand in it. */
const withWriteKey = (schema: JsonSchema): JsonSchema =>
  Array.isArray(schema.anyOf)
    ? { ...schema, anyOf: (schema.anyOf as JsonSchema[]).map(withWriteKey) }
    : schema.type === "object" && schema.properties
      ? { ...schema, properties: { ...(schema.properties as Json), writeKey: { type: "string" } } }
      : schema;

function bodyOf({ scope, body: shape }: Route, { body }: Operation): Json {
  if (!body) return {};
  const schema = scope === "ingest" ? withWriteKey(schemaOf(body)) : schemaOf(body);
  const content: Json = { "application/json": { schema } };
  if (scope === "ingest") content["text/plain"] = { schema: { type: "string" } };
  return { requestBody: { required: shape?.optional !== true, content } };
}

function securityOf({ scope, own }: Route): Json[] {
  if (scope === null) return [];
  const secret = [{ secretKey: [scope] }, { session: [scope] }, ...(own ? [{ visitorToken: [scope] }] : [])];
  const byPages = ["ingest", "decide", "ruleset", "stream"].includes(scope);
  return byPages ? [{ writeKey: [scope] }, { writeKeyInQuery: [scope] }, ...secret] : secret;
}

function operationOf(route: Route, operation: Operation | undefined): Json {
  if (!operation)
    return {
      summary: "Not described yet.",
      "x-undescribed": true,
      responses: { default: { description: "" } },
    };
  const answers = Object.entries(operation.answers).map(([status, answer]) => [status, answerOf(answer)]);
  const parameters = parametersOf(route, operation);
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description !== undefined && { description: operation.description }),
    security: securityOf(route),
    "x-scope": route.scope,
    ...(parameters.length > 0 && { parameters }),
    ...bodyOf(route, operation),
    responses: { ...problemAnswers(route, operation), ...Object.fromEntries(answers) },
  };
}

const SECURITY: Json = {
  writeKey: {
    type: "http",
    scheme: "bearer",
    description:
      "Public, in the page: may send events and consent and ask for decisions, from its own origins. Also as Basic user name, or `writeKey` in a body.",
  },
  writeKeyInQuery: {
    type: "apiKey",
    in: "query",
    name: "key",
    description: "The write key, where no header can be set.",
  },
  secretKey: { type: "http", scheme: "bearer", description: "Of the host's own servers: reads and manages." },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "attune_session",
    description: "A person who signed in to the dashboard; what the scope allows depends on the role.",
  },
  visitorToken: {
    type: "apiKey",
    in: "cookie",
    name: "attune_visitor",
    description:
      "A visitor, for itself alone; of a named site the cookie is `attune_visitor.<site>`. Set where consent is granted, taken away where nothing is granted any more.",
  },
};

/** The whole of what is registered, as OpenAPI 3.1. */
export function documentOf({ routes, operations, basePath, version }: DocumentOptions): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = templateOf(route.path);
    const entry = paths[path] ?? {};
    paths[path] = entry;
    entry[route.method.toLowerCase()] = operationOf(route, operations[`${route.method} ${route.path}`]);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Attune",
      version,
      description:
        "Behaviour in, decisions out, under consent. Times are ISO 8601 with `Z`, durations milliseconds, probabilities and scores in [0, 1]. What is refused is `application/problem+json` (RFC 9457), whose `type` is a stable code.",
    },
    servers: [{ url: basePath === "" ? "/" : basePath }],
    paths,
    components: {
      securitySchemes: SECURITY,
      schemas: { Problem: jsonSchemaOf(problemBody()), ...eventSchema(COMPONENTS).definitions },
    },
  };
}
