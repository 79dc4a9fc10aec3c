import { strangeAnswer } from "./error.js";
import { framesOf } from "./frames.js";
import { createSend, type Sent } from "./send.js";
import type {
  AnswerOf,
  BodyOf,
  CallOptions,
  ClientOptions,
  EventInput,
  OnceOptions,
  Ruleset,
  SeriesAsk,
  StreamFrame,
  StreamOptions,
} from "./types.js";

export { ClientError } from "./error.js";
export type * from "./types.js";

const BEHAVIOURAL = "/api/v1/behavioral";
const part = encodeURIComponent;

/** So that an event that is sent again is the same event. */
const identified = (event: EventInput): EventInput =>
  "eventType" in event && !("id" in event)
    ? { eventId: crypto.randomUUID(), ...event }
    : { id: crypto.randomUUID(), ...event };

/** That it is to be done over this very version alone: the ETag that was read. */
interface IfMatch {
  ifMatch?: string;
}
const named = (ifMatch: string | undefined): Record<string, string> =>
  ifMatch === undefined ? {} : { "if-match": ifMatch };

/**
 * Every route of an Attune server as a typed function. What may be sent twice is sent again where the server is busy or away, after as long as
 * it says; the rest carries an Idempotency-Key. Without a dependency of its own; runs wherever `fetch` does.
 *
 * Each function rejects with a {@link ClientError}, whose code is the server's, or with the reason of its signal.
 */
export function createClient(options: ClientOptions) {
  const send = createSend(options);
  const json = async <T>(method: string, path: string, sent?: Sent, given?: OnceOptions): Promise<T> => {
    const response = await send(method, path, sent, given);
    try {
      return (await response.json()) as T;
    } catch (cause) {
      throw given?.signal?.aborted ? cause : strangeAnswer(response.status, cause);
    }
  };
  const get = <Id extends string>(path: string, given?: CallOptions, query?: Sent["query"]) =>
    json<AnswerOf<Id>>("GET", path, query && { query }, given);

  return {
    /** `waitMs`: how long to wait for the fold; `slots`: what to decide for the event's visitor. */
    sendEvent: (
      event: EventInput,
      given: CallOptions & { waitMs?: number; slots?: readonly string[] } = {},
    ) =>
      json<AnswerOf<"sendEvent">>(
        "POST",
        `${BEHAVIOURAL}/events`,
        { body: identified(event), query: { wait: given.waitMs, slots: given.slots?.join(",") } },
        given,
      ),
    /** At most 1,000; invalid ones reject themselves only, and stand in the answer. */
    sendBatch: (
      events: readonly EventInput[],
      given: CallOptions & { waitMs?: number; sentAt?: number } = {},
    ) =>
      json<AnswerOf<"sendBatch">>(
        "POST",
        `${BEHAVIOURAL}/batch`,
        { body: { events: events.map(identified), sentAt: given.sentAt }, query: { wait: given.waitMs } },
        given,
      ),
    /** One that names nobody: what is kept of it is what the answer says. */
    sendPrivacyEvent: (body: BodyOf<"sendPrivacyEvent">, given?: OnceOptions) =>
      json<AnswerOf<"sendPrivacyEvent">>(
        "POST",
        `${BEHAVIOURAL}/events/privacy-compliant`,
        { body, once: true },
        given,
      ),
    /** Frames as they come; leave the loop to end it. Not resumed by itself: open it again with the last frame's id. */
    async *stream(given: StreamOptions = {}): AsyncGenerator<StreamFrame, void> {
      const { lastEventId, visitorId, sessionId, userId, only } = given;
      const asked = { lastEventId, visitorId, sessionId, userId, only };
      const { body } = await send("POST", `${BEHAVIOURAL}/stream`, { body: asked }, given);
      if (body) yield* framesOf(body);
    },
    /** For one WebSocket: not sent twice, since each is good once. */
    streamTicket: (given?: CallOptions) =>
      json<AnswerOf<"streamTicket">>("POST", `${BEHAVIOURAL}/stream/ticket`, { never: true }, given),
    recordConsent: (body: BodyOf<"recordConsent">, given?: OnceOptions) =>
      json<AnswerOf<"recordConsent">>("POST", `${BEHAVIOURAL}/consent`, { body, once: true }, given),
    consentOf: (id: string, given?: CallOptions) =>
      get<"consentOf">(`${BEHAVIOURAL}/consent/${part(id)}`, given),
    /** A JSON Web Key Set: by it anybody can check a receipt. */
    receiptKeys: ({ site, ...given }: CallOptions & { site?: string } = {}) =>
      get<"receiptKeys">(`${BEHAVIOURAL}/receipts/keys`, given, { site }),
    verifyReceipt: (body: BodyOf<"verifyReceipt">, given?: CallOptions) =>
      json<AnswerOf<"verifyReceipt">>("POST", `${BEHAVIOURAL}/receipts/verify`, { body }, given),
    issueHandover: (body: BodyOf<"issueHandover">, given?: CallOptions) =>
      json<AnswerOf<"issueHandover">>("POST", `${BEHAVIOURAL}/handover`, { body }, given),
    /** Not sent twice, since each is good once. Only of use where requests carry the page's `Origin`. */
    redeemHandover: (body: BodyOf<"redeemHandover">, given?: CallOptions) =>
      json<AnswerOf<"redeemHandover">>(
        "POST",
        `${BEHAVIOURAL}/handover/redeem`,
        { body, never: true },
        given,
      ),
    /** `cascade: false`: only what is kept under this very id. */
    erase: (id: string, given: CallOptions & { cascade?: boolean } = {}) =>
      json<AnswerOf<"erase">>(
        "DELETE",
        `${BEHAVIOURAL}/data/${part(id)}`,
        given.cascade === undefined ? {} : { query: { cascadeDelete: String(given.cascade) } },
        given,
      ),
    exportData: (id: string, given?: CallOptions) =>
      get<"exportData">(`${BEHAVIOURAL}/data/${part(id)}/export`, given),
    auditLog: (given: CallOptions & { limit?: number; cursor?: string } = {}) =>
      get<"auditLog">(`${BEHAVIOURAL}/audit-log`, given, { limit: given.limit, cursor: given.cursor }),
    /** What was done counts from `from` to before `to` (default: the last 30 days). */
    privacyReport: ({
      from,
      to,
      visitors,
      ...given
    }: CallOptions & { from?: number | string; to?: number | string; visitors?: number } = {}) =>
      get<"privacyReport">(`${BEHAVIOURAL}/privacy-report`, given, { from, to, visitors }),
    verifyAuditLog: (given: CallOptions & { checkpoint?: unknown } = {}) =>
      get<"verifyAuditLog">(`${BEHAVIOURAL}/audit-log/verify`, given, {
        checkpoint: given.checkpoint === undefined ? undefined : JSON.stringify(given.checkpoint),
      }),
    decide: (body: BodyOf<"decide">, given?: CallOptions) =>
      json<AnswerOf<"decide">>("POST", "/api/v1/decisions", { body }, given),
    /** By OpenFeature's protocol: every slot as a flag. */
    evaluateFlags: (body: BodyOf<"evaluateFlags">, given?: CallOptions) =>
      json<AnswerOf<"evaluateFlags">>("POST", "/ofrep/v1/evaluate/flags", { body }, given),
    evaluateFlag: (key: string, body: BodyOf<"evaluateFlag">, given?: CallOptions) =>
      json<AnswerOf<"evaluateFlag">>("POST", `/ofrep/v1/evaluate/flags/${part(key)}`, { body }, given),
    ruleset: (given?: CallOptions) => json<Ruleset>("GET", "/api/v1/ruleset", {}, given),
    publishRuleset: (body: Ruleset, given?: OnceOptions) =>
      json<AnswerOf<"publishRuleset">>("PUT", "/api/v1/ruleset", { body, once: true }, given),
    experiments: (given?: CallOptions) => get<"experiments">("/api/v1/experiments", given),
    createExperiment: (body: BodyOf<"createExperiment">, given?: OnceOptions) =>
      json<AnswerOf<"createExperiment">>("POST", "/api/v1/experiments", { body, once: true }, given),
    experiment: (id: string, given?: CallOptions) =>
      get<"experiment">(`/api/v1/experiments/${part(id)}`, given),
    defineExperiment: (id: string, body: BodyOf<"defineExperiment">, given?: OnceOptions) =>
      json<AnswerOf<"defineExperiment">>(
        "PUT",
        `/api/v1/experiments/${part(id)}`,
        { body, once: true },
        given,
      ),
    experimentHistory: (id: string, given?: CallOptions) =>
      get<"experimentHistory">(`/api/v1/experiments/${part(id)}/history`, given),
    startExperiment: (id: string, given?: OnceOptions) =>
      json<AnswerOf<"startExperiment">>(
        "POST",
        `/api/v1/experiments/${part(id)}/start`,
        { once: true },
        given,
      ),
    stopExperiment: (id: string, given?: OnceOptions) =>
      json<AnswerOf<"stopExperiment">>("POST", `/api/v1/experiments/${part(id)}/stop`, { once: true }, given),
    shipExperiment: (id: string, body: BodyOf<"shipExperiment">, given?: OnceOptions) =>
      json<AnswerOf<"shipExperiment">>(
        "POST",
        `/api/v1/experiments/${part(id)}/ship`,
        { body, once: true },
        given,
      ),
    experimentResults: (id: string, { run, ...given }: CallOptions & { run?: number } = {}) =>
      get<"experimentResults">(`/api/v1/experiments/${part(id)}/results`, given, { run }),
    evaluatePolicy: (body: BodyOf<"evaluatePolicy">, given?: CallOptions) =>
      json<AnswerOf<"evaluatePolicy">>("POST", "/api/v1/policies/evaluate", { body }, given),
    /** The same at once and whenever it has changed; leave the loop to end it. */
    async *experimentResultsStream(
      id: string,
      { run, ...given }: CallOptions & { run?: number } = {},
    ): AsyncGenerator<AnswerOf<"experimentResults">, void> {
      const path = `/api/v1/experiments/${part(id)}/results/stream`;
      const { body } = await send("GET", path, { query: { run } }, given);
      if (!body) return;
      for await (const { event, data } of framesOf(body))
        if (event === "results") yield data as AnswerOf<"experimentResults">;
    },
    segments: (given?: CallOptions) => get<"segments">("/api/v1/segments", given),
    createSegment: (body: BodyOf<"createSegment">, { ifMatch, ...given }: OnceOptions & IfMatch = {}) =>
      json<AnswerOf<"createSegment">>(
        "POST",
        "/api/v1/segments",
        { body, once: true, headers: named(ifMatch) },
        given,
      ),
    segment: (id: string, given?: CallOptions) => get<"segment">(`/api/v1/segments/${part(id)}`, given),
    defineSegment: (
      id: string,
      body: BodyOf<"defineSegment">,
      { ifMatch, ...given }: OnceOptions & IfMatch = {},
    ) =>
      json<AnswerOf<"defineSegment">>(
        "PUT",
        `/api/v1/segments/${part(id)}`,
        { body, once: true, headers: named(ifMatch) },
        given,
      ),
    removeSegment: (id: string, { ifMatch, ...given }: OnceOptions & IfMatch = {}) =>
      json<AnswerOf<"removeSegment">>(
        "DELETE",
        `/api/v1/segments/${part(id)}`,
        { once: true, headers: named(ifMatch) },
        given,
      ),
    segmentSize: (id: string, given?: CallOptions) =>
      get<"segmentSize">(`/api/v1/segments/${part(id)}/size`, given),
    /** Figures over time; null where the server keeps none. */
    series: ({ signal, figures, by, ...ask }: CallOptions & SeriesAsk = {}) =>
      get<"series">(`${BEHAVIOURAL}/analytics/series`, signal && { signal }, {
        ...ask,
        figures: figures?.join(","),
        by: by?.join(","),
      }),
    siteMetrics: (given?: CallOptions) => get<"siteMetrics">("/api/sessions/metrics", given),
    performance: (given?: CallOptions) => get<"performance">(`${BEHAVIOURAL}/monitoring/performance`, given),
    /** Prometheus text. */
    metrics: async (given?: CallOptions) => (await send("GET", "/metrics", {}, given)).text(),
    /** Rejects with status 503 where some component does not answer. */
    health: (given?: CallOptions) => get<"health">("/health", given),
    ready: (given?: CallOptions) => get<"ready">("/health/ready", given),
    live: (given?: CallOptions) => get<"live">("/health/live", given),
    simulation: (given?: CallOptions) => get<"simulation">("/api/v1/simulation", given),
    simulate: (visitorsPerMinute: number, given?: OnceOptions) =>
      json<AnswerOf<"simulate">>(
        "POST",
        "/api/v1/simulation",
        { body: { visitorsPerMinute }, once: true },
        given,
      ),
    /** Never sent twice: each link signs one person in. */
    createSignInLink: ({ role, ...given }: CallOptions & BodyOf<"createSignInLink"> = {}) =>
      json<AnswerOf<"createSignInLink">>(
        "POST",
        "/api/v1/dashboard/sign-in",
        { body: role === undefined ? {} : { role }, never: true },
        given,
      ),
    /** Of whoever is signed in; a key has none. */
    session: (given?: CallOptions) => get<"session">("/api/v1/dashboard/session", given),
    signOut: async (given?: CallOptions): Promise<void> => {
      await send("DELETE", "/api/v1/dashboard/session", { never: true }, given);
    },
    openapi: (given?: CallOptions) => json<Record<string, unknown>>("GET", "/openapi.json", {}, given),
  };
}

export type Client = ReturnType<typeof createClient>;
