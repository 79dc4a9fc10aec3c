import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import type { Call, Route } from "../http/route.js";
import type { RouteContext } from "./context.js";
import { timeParam } from "./series-query.js";

const MAX_VISITORS = 10_000_000;

/** `GET /privacy-report`: what a privacy officer answers for. */
export function privacyReportRoutes(context: RouteContext): Route[] {
  return [
    {
      method: "GET",
      path: "/api/v1/behavioral/privacy-report",
      scope: "privacy",
      handle: (call) => report(call, context),
    },
  ];
}

async function report({ url, principal: { site } }: Call, { service }: RouteContext): Promise<Response> {
  const asked = url.searchParams;
  const [from, to] = ["from", "to"].map((name) => timeParam(name, asked.get(name)));
  if (typeof from === "number" && typeof to === "number" && from >= to)
    throw wrong("`from` lies before `to`.");
  const visitors = asked.get("visitors");
  if (visitors !== null && !(/^\d{1,8}$/.test(visitors) && Number(visitors) <= MAX_VISITORS))
    throw wrong(`Give \`visitors\` as a whole number up to ${MAX_VISITORS}.`);
  return json(
    await service.privacyReport({
      site,
      ...(typeof from === "number" && { from }),
      ...(typeof to === "number" && { to }),
      ...(visitors !== null && { visitors: Number(visitors) }),
    }),
  );
}

const wrong = (detail: string): Refusal => new Refusal(400, "ATTUNE_SERVER_QUERY", detail);
