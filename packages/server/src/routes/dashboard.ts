import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { isRole, ROLES, scopesOf } from "../auth/roles.js";
import { sessionCookie } from "../auth/session-cookie.js";
import { wantsPage } from "../http/page.js";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, objectBody, type Route, SMALL_BODY } from "../http/route.js";
import type { Principal } from "../auth/authenticate.js";
import { cookiePlace, type RouteContext } from "./context.js";
import { signInPage, usedLinkPage } from "./pages.js";

/** No inline script or style, nothing from elsewhere, no frame around it. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string | undefined>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** A plain file name directly in the folder: nothing that could lead out of it. */
const FILE = /^[\w-]+(\.[\w-]+)*\.[a-z0-9]+$/;

/** Signing in, and the built page behind it. */
export function dashboardRoutes(context: RouteContext, directory: string | null): Route[] {
  const { basePath } = context;
  const home = `${basePath}/dashboard/`;
  const signIn: Route[] = [
    { method: "GET", path: "/dashboard/sign-in", scope: null, handle: (call) => redeem(call, context, home) },
    {
      method: "POST",
      path: "/api/v1/dashboard/sign-in",
      scope: "manage",
      body: { ...SMALL_BODY, optional: true },
      handle: (call) => invite(call, context),
    },
    {
      method: "GET",
      path: "/api/v1/dashboard/session",
      scope: "read",
      handle: (call) => whoAmI(call, context),
    },
    {
      method: "DELETE",
      path: "/api/v1/dashboard/session",
      scope: "read",
      handle: (call) => signOut(call, context),
    },
  ];
  if (directory === null) return signIn;
  const redirect = (): Response => new Response(null, { status: 308, headers: { location: home } });
  const file = (call: Call<Principal | null>): Promise<Response> => serve(call, context, directory);
  return [
    ...signIn,
    { method: "GET", path: "/dashboard", scope: null, handle: redirect },
    { method: "GET", path: "/dashboard/", scope: null, handle: file },
    { method: "GET", path: "/dashboard/:file", scope: null, handle: file },
  ];
}

export const signInPath = (basePath: string, token: string): string =>
  `${basePath}/dashboard/sign-in?token=${token}`;

/**
 * A link for one person, who may do what the role says; least, where none is named. It leads where the host said that this server is reached, never to a host that the request names; without that
 * it is the path alone.
 */
function invite(call: Call, { sessions, basePath, publicOrigin }: RouteContext): Response {
  const { principal, body } = call;
  if (principal.kind !== "secret") {
    throw new Refusal(
      403,
      "ATTUNE_SERVER_SCOPE",
      "A session may not sign in others; ask for a sign-in link with a secret key.",
    );
  }
  const { role = "viewer" } = body === undefined ? {} : objectBody(call);
  if (!isRole(role))
    throw new Refusal(400, "ATTUNE_SERVER_ROLE", `Give \`role\` as one of: ${ROLES.join(", ")}.`);
  const path = signInPath(basePath, sessions.createToken(principal.site, role));
  return json({ url: `${publicOrigin() ?? ""}${path}`, role });
}

/** So that a page offers only what its reader may do. */
function whoAmI({ principal }: Call, { sessions }: RouteContext): Response {
  const session = principal.kind === "session" ? sessions.get(principal.id) : null;
  if (session === null)
    throw new Refusal(403, "ATTUNE_SERVER_SCOPE", "Only a signed-in session has a role; keys have kinds.");
  const { site, role, expiresAt } = session;
  return json({ site, role, scopes: scopesOf(role), expiresAt: new Date(expiresAt).toISOString() });
}

function signOut({ principal, url }: Call, context: RouteContext): Response {
  if (principal.kind !== "session") {
    throw new Refusal(
      403,
      "ATTUNE_SERVER_SCOPE",
      "Only a signed-in session can be signed out; keys are revoked by the host.",
    );
  }
  context.sessions.revoke(principal.id);
  const headers = {
    "cache-control": "no-store",
    "set-cookie": sessionCookie("", 0, cookiePlace({ url }, context)),
  };
  return new Response(null, { status: 204, headers });
}

function redeem({ request, url }: Call<Principal | null>, context: RouteContext, home: string): Response {
  const { sessions } = context;
  // Mail scanners and chat previews look at a link before its reader does.
  if (request.method === "HEAD") return new Response(null, { headers: { "cache-control": "no-store" } });
  const cookie = sessions.redeem(url.searchParams.get("token") ?? "");
  if (cookie === null) {
    if (wantsPage(request)) return usedLinkPage(context);
    throw new Refusal(
      401,
      "ATTUNE_SERVER_SIGN_IN",
      "This sign-in link was used before or is too old; ask for a new one.",
    );
  }
  // Nobody holds the cookie of an earlier sign-in any more.
  const earlier = context.authenticate(request, url);
  if (earlier?.kind === "session") sessions.revoke(earlier.id);
  return new Response(null, {
    status: 303,
    headers: {
      location: home,
      "cache-control": "no-store",
      "set-cookie": sessionCookie(cookie, sessions.maxAgeMs, cookiePlace({ url }, context)),
    },
  });
}

async function serve(
  call: Call<Principal | null>,
  context: RouteContext,
  directory: string,
): Promise<Response> {
  if (context.authenticate(call.request, call.url)?.kind !== "session") {
    if (wantsPage(call.request)) return signInPage(context);
    throw new Refusal(
      401,
      "ATTUNE_SERVER_SIGN_IN",
      "Open the sign-in link that the server printed when it started.",
    );
  }
  const name = call.params.file ?? "index.html";
  const type = TYPES[extname(name)];
  const bytes =
    FILE.test(name) && type !== undefined ? await readFile(join(directory, name)).catch(() => null) : null;
  if (bytes === null || type === undefined) {
    throw new Refusal(404, "ATTUNE_SERVER_FILE", "The dashboard has no such file.");
  }
  return new Response(new Uint8Array(bytes), {
    headers: {
      "content-type": type,
      "cache-control": "no-cache",
      "content-security-policy": CSP,
      "referrer-policy": "same-origin",
    },
  });
}
