import * as v from "valibot";
import * as of from "./answers-site.js";
import { DEFAULT_FIGURES, FIGURE_NAMES } from "../routes/series-query.js";
import type { Operations } from "./operation.js";

const HEALTH = {
  200: { description: "Each component answered.", schema: of.healthAnswer() },
  503: { description: "Some component did not.", schema: of.healthAnswer() },
};
const RULESET = {
  json: {
    title: "Ruleset",
    type: "object",
    required: ["schemaVersion", "revision", "slots"],
    properties: {
      schemaVersion: { const: 1 },
      revision: { description: "Grows with each published change.", type: "integer", minimum: 0 },
      groups: { type: "object" },
      segments: { type: "array", items: { type: "object", required: ["name", "enter"] } },
      slots: {
        type: "object",
        additionalProperties: { type: "object", required: ["variants", "fallback", "policy"] },
      },
    },
  },
};
const page = { type: "text/html", description: "The page." };
const redirect = (where: string) => ({ description: `Leads to ${where}.`, headers: { location: "Where." } });

export const siteOperations = {
  "GET /api/v1/ruleset": {
    id: "ruleset",
    tag: "Decisions",
    summary: "The document that clients decide by",
    headers: { "if-none-match": "The ETag of the one that is there already." },
    answers: {
      200: { description: "The ruleset.", schema: RULESET, headers: { etag: "Its version." } },
      304: { description: "It has not changed." },
    },
    problems: [[404, "ATTUNE_SERVER_RULESET_NONE"]],
  },
  "PUT /api/v1/ruleset": {
    id: "publishRuleset",
    tag: "Decisions",
    summary: "Replace the ruleset",
    description: "Refused as a whole where anything is wrong with it, or where it is not newer.",
    headers: { "if-match": "The ETag of the one that it replaces." },
    body: RULESET,
    answers: { 200: { description: "Its version.", schema: of.rulesetPublished() } },
    problems: [
      [400, "ATTUNE_SERVER_RULESET"],
      [409, "ATTUNE_SERVER_RULESET"],
      [412, "ATTUNE_SERVER_RULESET_CHANGED"],
    ],
  },
  "GET /api/v1/behavioral/analytics/series": {
    id: "series",
    tag: "Analytics",
    summary: "Figures over time",
    description:
      "By when the server received what they count; what was just sent is in them some seconds later. What is erased stays in them as part of sums that name nobody. At most 1,500 windows, and the 200 largest rows of each figure. Null, with the reason in `notes`, where no series is configured.",
    query: {
      figures: {
        description: `Separated by commas, of: ${FIGURE_NAMES.join(", ")}.`,
        schema: { type: "string", default: DEFAULT_FIGURES.join(",") },
      },
      from: {
        description: "Epoch milliseconds or ISO 8601; default: 48 windows before `to`.",
        schema: { type: "string" },
      },
      to: { description: "As `from`, itself left out; default: now.", schema: { type: "string" } },
      granularity: {
        description: "Length of a window; days are those of UTC.",
        schema: { enum: ["minute", "hour", "day"], default: "hour" },
      },
      by: {
        description:
          "One row for each of these: `event` (events), `experiment,variant` (exposures, conversions), `segment` (entered, left).",
        schema: { type: "string" },
      },
      event: { description: "Only events of this name.", schema: { type: "string" } },
      experiment: { description: "Only this experiment.", schema: { type: "string" } },
      variant: { description: "Only this variant.", schema: { type: "string" } },
      segment: { description: "Only this segment.", schema: { type: "string" } },
    },
    answers: { 200: { description: "Rows by figure.", schema: of.seriesAnswer() } },
    problems: [[400, "ATTUNE_SERVER_QUERY"]],
  },
  "GET /api/sessions/metrics": {
    id: "siteMetrics",
    tag: "Monitoring",
    summary: "Counts of all that is folded on the site",
    answers: { 200: { description: "Counts.", schema: of.siteMetrics() } },
  },
  "GET /api/v1/behavioral/monitoring/performance": {
    id: "performance",
    tag: "Monitoring",
    summary: "How this process is doing: its last minute",
    description:
      "What nothing was measured of is null, with the reason in `notes`. Times in milliseconds, rates per second.",
    answers: { 200: { description: "Figures.", schema: of.performanceAnswer() } },
  },
  "GET /metrics": {
    id: "metrics",
    tag: "Monitoring",
    summary: "What this process counts, for Prometheus",
    answers: { 200: { description: "Text exposition 0.0.4.", type: "text/plain", schema: v.string() } },
  },
  "GET /health": {
    id: "health",
    tag: "Monitoring",
    summary: "Whether each port answers, asked just now",
    answers: HEALTH,
  },
  "GET /health/ready": {
    id: "ready",
    tag: "Monitoring",
    summary: "As `GET /health`",
    answers: HEALTH,
  },
  "GET /health/live": {
    id: "live",
    tag: "Monitoring",
    summary: "Whether the process answers",
    answers: { 200: { description: "It does.", schema: of.liveAnswer() } },
  },
  "GET /api/v1/simulation": {
    id: "simulation",
    tag: "Live",
    summary: "The simulated visitors",
    answers: { 200: { description: "How many there are.", schema: of.simulationStatus() } },
  },
  "POST /api/v1/simulation": {
    id: "simulate",
    tag: "Live",
    summary: "Let simulated visitors arrive, or end them with 0",
    body: of.simulationPost(),
    answers: { 200: { description: "How many there are.", schema: of.simulationStatus() } },
    problems: [
      [400, "ATTUNE_SERVER_SIMULATION"],
      [400, "ATTUNE_SERVER_BODY_SHAPE"],
    ],
  },
  "POST /api/v1/dashboard/sign-in": {
    id: "createSignInLink",
    tag: "Dashboard",
    summary: "A link that signs one person in, once, within an hour",
    body: of.signInPost(),
    answers: { 200: { description: "The link.", schema: of.signInAnswer() } },
    problems: [
      [400, "ATTUNE_SERVER_ROLE"],
      [403, "ATTUNE_SERVER_SCOPE"],
    ],
  },
  "GET /api/v1/dashboard/session": {
    id: "session",
    tag: "Dashboard",
    summary: "Who is signed in, as what",
    answers: { 200: { description: "Role and scopes.", schema: of.sessionAnswer() } },
    problems: [[403, "ATTUNE_SERVER_SCOPE"]],
  },
  "DELETE /api/v1/dashboard/session": {
    id: "signOut",
    tag: "Dashboard",
    summary: "Sign out",
    answers: { 204: { description: "Signed out." } },
    problems: [[403, "ATTUNE_SERVER_SCOPE"]],
  },
  "GET /dashboard/sign-in": {
    id: "signIn",
    tag: "Dashboard",
    summary: "Follow a sign-in link",
    query: { token: { description: "As the link has it.", schema: { type: "string" } } },
    answers: { 303: redirect("the dashboard") },
    problems: [[401, "ATTUNE_SERVER_SIGN_IN"]],
  },
  "GET /dashboard": {
    id: "dashboardHome",
    tag: "Dashboard",
    summary: "Leads to the dashboard",
    answers: { 308: redirect("`/dashboard/`") },
  },
  "GET /dashboard/": {
    id: "dashboard",
    tag: "Dashboard",
    summary: "The dashboard",
    answers: { 200: page },
    problems: [[401, "ATTUNE_SERVER_SIGN_IN"]],
  },
  "GET /dashboard/:file": {
    id: "dashboardFile",
    tag: "Dashboard",
    summary: "A file of the dashboard",
    params: { file: "Its name." },
    answers: { 200: { type: "*/*", description: "The file." } },
    problems: [
      [401, "ATTUNE_SERVER_SIGN_IN"],
      [404, "ATTUNE_SERVER_FILE"],
    ],
  },
  "GET /openapi.json": {
    id: "openapi",
    tag: "Documents",
    summary: "This document",
    answers: { 200: { description: "OpenAPI 3.1.", schema: { json: { type: "object" } } } },
  },
  "GET /docs": {
    id: "docs",
    tag: "Documents",
    summary: "This document, to be read by people",
    answers: { 200: page },
  },
} as const satisfies Operations;
