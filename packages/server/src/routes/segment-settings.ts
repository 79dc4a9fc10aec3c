import { json } from "../http/respond.js";
import type { Call, Route } from "../http/route.js";
import type { RouteContext } from "./context.js";

/**
 * What the clients of Segment and RudderStack ask for before they send anything: where to, and which other services they are to load. Here,
 * so that they need to be told one address only; there are no other services, and nothing of their own measurements.
 */
export function segmentSettingsRoutes(context: RouteContext): Route[] {
  const shape = { method: "GET", scope: "ruleset" } as const;
  return [
    {
      ...shape,
      path: "/v1/projects/:key/settings",
      keyParam: "key",
      handle: (call: Call) => json(segmentSettings(call, context)),
    },
    ...["/sourceConfig", "/sourceConfig/"].map(
      (path): Route => ({ ...shape, path, handle: (call: Call) => json(rudderSettings(call)) }),
    ),
  ];
}

/** The address is the one that the host named, else the one that was asked. The answer is for whoever asked alone. */
function segmentSettings({ params, url }: Call, { publicOrigin, basePath }: RouteContext) {
  const { protocol, host } = new URL(publicOrigin() ?? url.origin);
  return {
    integrations: {
      "Segment.io": {
        apiKey: params.key,
        apiHost: `${host}${basePath}/v1`,
        protocol: protocol.slice(0, -1),
        addBundledMetadata: false,
        unbundledIntegrations: [],
        versionSettings: { version: "4.4.7", componentTypes: ["browser"] },
      },
    },
    plan: { track: { __default: { enabled: true, integrations: {} } } },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  };
}

function rudderSettings({ principal: { id, site } }: Call) {
  const off = { enabled: false };
  return {
    source: {
      id,
      name: site,
      writeKey: id,
      workspaceId: site,
      enabled: true,
      config: { statsCollection: { errors: off, metrics: off } },
      destinations: [],
    },
  };
}
