import { json } from "../http/respond.js";
import type { Route } from "../http/route.js";
import { docsPage } from "../openapi/docs-page.js";
import { documentOf } from "../openapi/document.js";
import { operations } from "../openapi/operations.js";
import { VERSION } from "../version.js";

/** The document of all that is registered, for machines and for people. Both are made at first use. */
export function openapiRoutes(registered: () => readonly Route[], basePath: string): Route[] {
  let document: ReturnType<typeof documentOf> | null = null;
  let page: ReturnType<typeof docsPage> | null = null;
  const made = () => {
    document ??= documentOf({ routes: registered(), operations, basePath, version: VERSION });
    return document;
  };
  return [
    {
      method: "GET",
      path: "/openapi.json",
      scope: null,
      handle: () =>
        json(made(), { headers: { "cache-control": "no-cache", "access-control-allow-origin": "*" } }),
    },
    {
      method: "GET",
      path: "/docs",
      scope: null,
      handle() {
        page ??= docsPage(made(), basePath);
        const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" };
        return new Response(page.html, { headers: { ...headers, "content-security-policy": page.policy } });
      },
    },
  ];
}
