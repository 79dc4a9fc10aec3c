import { nextRoute } from "@attune/server-adapters/next";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

/** What the test in this process wants answered. Nothing is there while the application is built. */
const mounted = () => globalThis[Symbol.for("attune.test.mounted")];

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = nextRoute(
  async () => (request) => mounted().handler(request),
  { basePath: "/attune", report: (error) => mounted().report?.(error) },
);
