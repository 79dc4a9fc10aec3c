import type { AuditCheckpoint } from "@attune/core/service";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import type { Call, Route } from "../http/route.js";
import type { RouteContext } from "./context.js";

const PAGE = 200;

/** What was done that somebody may have to answer for, and whether the record of it is whole. */
export function auditRoutes({ service }: RouteContext): Route[] {
  const path = "/api/v1/behavioral/audit-log";
  return [
    {
      method: "GET",
      path,
      scope: "privacy",
      async handle({ url, principal: { site } }) {
        const limit = numberParam(url, "limit", PAGE, 1, PAGE);
        // Opaque to callers; one more than is shown tells whether there is a next page.
        const after = numberParam(url, "cursor", 0, 0, Number.MAX_SAFE_INTEGER);
        const found = await service.audit.list({ site, after, limit: limit + 1 });
        const entries = found.slice(0, limit);
        const last = entries[entries.length - 1];
        return json({
          entries: entries.map(({ at, ...entry }) => ({ ...entry, at: new Date(at).toISOString() })),
          checkpoint: await service.audit.checkpoint(site),
          nextCursor: found.length > limit && last ? String(last.seq) : null,
        });
      },
    },
    {
      method: "GET",
      path: `${path}/verify`,
      scope: "privacy",
      async handle(call) {
        const { site } = call.principal;
        return json(await service.audit.verify({ site, checkpoints: checkpointOf(call) }));
      },
    },
  ];
}

function numberParam(url: URL, name: string, otherwise: number, min: number, max: number): number {
  const given = url.searchParams.get(name);
  if (given === null || given === "") return otherwise;
  const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Refusal(
    400,
    "ATTUNE_SERVER_QUERY",
    name === "cursor"
      ? "Give `cursor` as an earlier answer gave it in `nextCursor`."
      : `Give \`${name}\` as a whole number from ${min} to ${max}.`,
  );
}

/** One that the caller has kept: `?checkpoint=` with the JSON that `GET /audit-log` once gave. */
function checkpointOf({ url }: Call): AuditCheckpoint[] {
  const given = url.searchParams.get("checkpoint");
  if (given === null) return [];
  try {
    const { site, seq, hash, at, signature } = JSON.parse(given) as Partial<
      Record<keyof AuditCheckpoint, unknown>
    >;
    if (
      typeof site === "string" &&
      Number.isSafeInteger(seq) &&
      typeof hash === "string" &&
      typeof at === "number" &&
      typeof signature === "string"
    )
      return [{ site, seq: seq as number, hash, at, signature }];
  } catch {
    // Answered below.
  }
  throw new Refusal(
    400,
    "ATTUNE_SERVER_CHECKPOINT",
    "Give `checkpoint` as the JSON that GET /audit-log gave under that name.",
  );
}
