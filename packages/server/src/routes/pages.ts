import { escapeHtml, page, wantsPage } from "../http/page.js";
import { Refusal } from "../http/refusal.js";
import type { Route } from "../http/route.js";
import type { RouteContext } from "./context.js";

/** How to come by a sign-in link. The address is the one that the host named, never one that the request names. */
function howToSignIn({ basePath, publicOrigin }: Pick<RouteContext, "basePath" | "publicOrigin">): string {
  const server = escapeHtml(`${publicOrigin() ?? "https://this-server"}${basePath}`);
  return `<h2>How to get a sign-in link</h2>
<p>A link signs one person in, once, within an hour.</p>
<ul>
<li><code>attune dev</code> prints one when it starts, and another whenever you press <kbd>d</kbd> and <kbd>Enter</kbd> in its terminal. So does the demo, <code>npm start</code>.</li>
<li>Elsewhere, ask for one with a secret key (in a data folder it stands in <code>keys.json</code>):</li>
</ul>
<pre><code>curl -X POST -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" -d '{ "role": "viewer" }' \\
  ${server}/api/v1/dashboard/sign-in</code></pre>
<p>A viewer only reads. The other roles are <code>analyst</code>, who runs experiments, <code>privacy-officer</code> and <code>admin</code>.</p>`;
}

/** For a link that was used before, is too old, or never was one. */
export const usedLinkPage = (context: RouteContext): Response =>
  page({
    status: 401,
    title: "This sign-in link does not work any more",
    body: `<p>Each link works once, for an hour. This one was used before or is too old. If you signed in with it in this browser, you still are: <a href="${escapeHtml(context.basePath)}/dashboard/">open the dashboard</a>.</p>
${howToSignIn(context)}`,
  });

/** For whoever comes to the dashboard without being signed in. */
export const signInPage = (context: RouteContext): Response =>
  page({
    status: 401,
    title: "Sign in to see the dashboard",
    body: `<p>The dashboard shows what visitors do, so it is for people who were let in. You are not signed in, or the server was started anew since.</p>
${howToSignIn(context)}`,
  });

/** `GET /`: what this is, for a person who came to the bare address. Programs are told that there is nothing here, as before. */
export function landingRoutes(context: RouteContext, hasDashboard: boolean): Route[] {
  // Below a base path, with and without the slash at its end.
  const paths = context.basePath === "" ? ["/"] : ["/", ""];
  return paths.map(
    (path): Route => ({
      method: "GET",
      path,
      scope: null,
      page: true,
      handle({ request, url }) {
        if (!wantsPage(request)) {
          throw new Refusal(404, "ATTUNE_SERVER_ROUTE", "There is nothing under this path.");
        }
        const signedIn = context.authenticate(request, url)?.kind === "session";
        return landingPage(context, { hasDashboard, signedIn });
      },
    }),
  );
}

function landingPage(
  context: RouteContext,
  { hasDashboard, signedIn }: { hasDashboard: boolean; signedIn: boolean },
): Response {
  const base = escapeHtml(context.basePath);
  const dashboard = !hasDashboard
    ? `<p>No dashboard is served here: the host was given none. Install <code>@attune/dashboard</code> and start the server again.</p>`
    : signedIn
      ? `<p>You are signed in: <a href="${base}/dashboard/">open the dashboard</a>.</p>`
      : howToSignIn(context);
  return page({
    title: "This is an Attune server",
    body: `<p>It takes events from pages and back ends, decides what each visitor is shown, and keeps what it knows under the visitor's consent. There is nothing to click here: programs talk to it.</p>
${dashboard}
<h2>For programs</h2>
<ul>
<li><a href="${base}/health">${base}/health</a> says whether each part works.</li>
<li>Pages use <code>browser({ endpoint, writeKey })</code> of <code>@attune/core/browser</code>, with this address as the endpoint.</li>
<li><a href="${base}/docs">${base}/docs</a> lists all routes; the guides are in the folder <code>docs</code>, beginning with <code>docs/getting-started.md</code>.</li>
</ul>`,
  });
}
